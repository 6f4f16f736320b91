import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Entry, Offer } from '../../../src/transfer/entry.js';
import {
  chainEntry,
  LandingError,
  openLanding,
  planLanding,
  type Landed,
  type Landing,
  type LandingOptions,
} from '../../../src/client/landing/landing.js';

export const MODIFIED_MS = 1_700_000_000_123;
export const NAMEPLATE = '731904';
export const STAGING = `.relay-receive-${NAMEPLATE}`;

/** An entry and its bytes; undefined for a directory. */
export interface Item {
  readonly entry: Entry;
  readonly bytes: Buffer | undefined;
}

export async function temporaryDirectory(): Promise<string> {
  const path = await fs.mkdtemp(join(tmpdir(), 'landing-'));
  onTestFinished(() => fs.rm(path, { recursive: true, force: true }));
  return path;
}

export function file(path: string, content: string | Buffer, options: Partial<Entry> = {}): Item {
  const bytes = Buffer.from(content);
  const entry: Entry = {
    path,
    kind: 'file',
    size: bytes.length,
    executable: false,
    modifiedMs: MODIFIED_MS,
    ...options,
  };
  return { entry, bytes };
}

export function directory(path: string, modifiedMs = MODIFIED_MS): Item {
  return {
    entry: { path, kind: 'directory', size: 0, executable: false, modifiedMs },
    bytes: undefined,
  };
}

export function offerOf(items: readonly Item[], names?: readonly string[]): Offer {
  return {
    kind: 'files',
    names: names ?? [...new Set(items.map(({ entry }) => entry.path.split('/')[0] ?? ''))],
    entries: items.length,
    bytes: items.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
  };
}

export function optionsFor(
  cwd: string,
  items: readonly Item[],
  more: Partial<LandingOptions> = {},
): LandingOptions {
  return {
    output: undefined,
    cwd,
    nameplate: NAMEPLATE,
    offer: offerOf(items),
    whenExists: 'refuse',
    ...more,
  };
}

export async function open(
  cwd: string,
  items: readonly Item[],
  more: Partial<LandingOptions> = {},
): Promise<Landing> {
  const landing = await openLanding(await planLanding(optionsFor(cwd, items, more)));
  onTestFinished(() => landing[Symbol.asyncDispose]());
  return landing;
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

/** One entry from its `offset`, in chunks. */
export async function sendOne(
  landing: Landing,
  { entry, bytes }: Item,
  offset = 0,
  chunkBytes = 100_000,
): Promise<void> {
  await landing.begin(entry, offset);
  for (let at = offset; at < (bytes?.length ?? 0); at += chunkBytes)
    await landing.write(bytes!.subarray(at, at + chunkBytes));
  await landing.finish(bytes?.length);
}

/** An entry begins, and so many of its bytes come. */
export async function sendFirst(
  landing: Landing,
  { entry, bytes }: Item,
  count = bytes!.length,
): Promise<void> {
  await landing.begin(entry, 0);
  await landing.write(bytes!.subarray(0, count));
}

/** The entry that has begun is over, and it was the last one. */
export async function finishLast(landing: Landing, { bytes }: Item): Promise<Landed> {
  await landing.finish(bytes!.length);
  return landing.complete();
}

/** What a sender does: goes on where the receiver is, or starts afresh where that is no place of its own. */
export async function send(landing: Landing, items: readonly Item[], chunkBytes?: number): Promise<void> {
  let { index, offset } = await landing.resumePoint();
  if (!(await isOurs(landing, items))) {
    await landing.restart();
    index = offset = 0;
  }
  for (const [at, item] of items.entries()) {
    if (at >= index) await sendOne(landing, item, at === index ? offset : 0, chunkBytes);
  }
}

async function isOurs(landing: Landing, items: readonly Item[]): Promise<boolean> {
  const { index, chain, offset, digest } = await landing.resumePoint();
  if (index > items.length || Buffer.compare(chainOf(items.slice(0, index)), chain) !== 0) return false;
  if (digest === undefined) return true;
  const bytes = items[index]?.bytes;
  return bytes !== undefined && bytes.length >= offset && sha256(bytes.subarray(0, offset)).equals(digest);
}

export function chainOf(items: readonly Item[]): Uint8Array {
  return items.reduce<Uint8Array>((chain, { entry }) => chainEntry(chain, entry), new Uint8Array(32));
}

/** Lands all of it, in one go. */
export async function land(cwd: string, items: readonly Item[], more: Partial<LandingOptions> = {}) {
  const landing = await open(cwd, items, more);
  await send(landing, items);
  return landing.complete();
}

/** What a call failed with, which is a LandingError whose message is safe to print. */
export async function problemOf(promise: Promise<unknown>): Promise<LandingError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LandingError)) throw new Error('no LandingError', { cause: error });
  if (/[\p{C}\p{Default_Ignorable_Code_Point}]/u.test(error.message)) throw new Error('not printable');
  return error;
}

/** Everything below a directory: `path` to its bytes, or to what else it is. */
export async function contentsOf(root: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const item of await fs.readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(item.parentPath, item.name);
    const name = relative(root, path).replaceAll(sep, '/');
    contents[name] = item.isFile()
      ? await fs.readFile(path, 'latin1')
      : item.isDirectory()
        ? '(directory)'
        : '(other)';
  }
  return contents;
}

/** As `contentsOf` has it when all of them landed. */
export function expectedContents(items: readonly Item[]): Record<string, string> {
  return Object.fromEntries(
    items.map(({ entry, bytes }) => [entry.path, bytes?.toString('latin1') ?? '(directory)']),
  );
}
