/* What arrived, in one value: SHA-256 of a file, or of the names and contents of all files under a directory. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Files are added in the order of their names. */
export class TreeDigest {
  #hash = createHash('sha256');

  add(name, bytes) {
    this.#hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }

  hex() {
    return this.#hash.digest('hex');
  }
}

function filesUnder(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function digestOf(path) {
  if (statSync(path).isDirectory()) {
    const digest = new TreeDigest();
    for (const name of filesUnder(path)) digest.add(name, readFileSync(join(path, name)));
    return digest.hex();
  }
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(piece);
  return hash.digest('hex');
}

/** @param {import('./content.js').Content} content @throws where the copy at `path` is not all of it */
export async function verify(path, { bytes, digest }) {
  const stats = statSync(path);
  if (stats.isFile() && stats.size !== bytes)
    throw new Error(`${stats.size} bytes arrived, not ${bytes} as sent`);
  if ((await digestOf(path)) !== digest) throw new Error('what arrived has another SHA-256');
}
