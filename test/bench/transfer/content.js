/* What is transferred: bytes that no compressor shortens, the same in each run and on each machine. */
import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { TreeDigest } from './digest.js';

const PIECE = Buffer.alloc(2 ** 20);
const SMALL_FILE_BYTES = 10_000;
const FILES_IN_A_DIRECTORY = 1000;

/** An endless pseudo-random stream, taken in pieces. */
function createStream() {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  return (bytes) => cipher.update(PIECE.subarray(0, bytes));
}

/**
 * @typedef {object} Content
 * @property {string} path
 * @property {number} files
 * @property {number} bytes
 * @property {string} digest As `digestOf` gives it for a faithful copy.
 */

/** One file of so many bytes. @returns {Promise<Content>} */
export async function makeFile(directory, bytes) {
  const path = join(directory, 'one-file.bin');
  const take = createStream();
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    for (let left = bytes; left > 0; left -= PIECE.length) {
      const piece = take(Math.min(left, PIECE.length));
      hash.update(piece);
      await file.writeFile(piece);
    }
    // What is still on its way to the disk would slow the first run.
    await file.sync();
  } finally {
    await file.close();
  }
  return { path, files: 1, bytes, digest: hash.digest('hex') };
}

/** So many small files, a thousand in each directory. @returns {Content} */
export function makeTree(directory, files) {
  const path = join(directory, 'many-files');
  const take = createStream();
  const digest = new TreeDigest();
  for (let i = 0; i < files; i++) {
    const parent = String(Math.floor(i / FILES_IN_A_DIRECTORY)).padStart(5, '0');
    const name = `${parent}/${String(i).padStart(8, '0')}.bin`;
    if (i % FILES_IN_A_DIRECTORY === 0) mkdirSync(join(path, parent), { recursive: true });
    const bytes = take(SMALL_FILE_BYTES);
    digest.add(name, bytes);
    writeFileSync(join(path, name), bytes, { flag: 'wx' });
  }
  return { path, files, bytes: files * SMALL_FILE_BYTES, digest: digest.hex() };
}
