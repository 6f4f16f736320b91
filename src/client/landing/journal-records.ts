import { createReadStream } from 'node:fs';
import { CHAIN_START } from '../../transfer/entry.js';
import { errnoOf, landingError } from './errors.js';

/*
 * The journal of a transfer: a line of JSON with the version and the offer's fingerprint, then one line for each
 * thing that is done, in order. A process may be killed at any byte of it: what is after the last whole line that makes
 * sense counts for nothing, and is cut off before the journal is continued.
 */

export const JOURNAL_VERSION = 3;
/** A path of 4,096 bytes with every one of them escaped, and the rest. */
const MAX_LINE_BYTES = 32 * 1024;
const LF = 0x0a;

export type JournalRecord =
  /** An entry is complete; `chain` in hex covers it, `files` and `bytes` are sums so far. */
  | readonly ['file', index: number, chain: string, files: number, bytes: number, path: string]
  | readonly [
      'directory',
      index: number,
      chain: string,
      files: number,
      bytes: number,
      modifiedMs: number,
      path: string,
      /** Null where they stay as they are. */
      rights: number | null,
    ]
  /** From here on, what lies under this final name is this transfer's. The last one for an offered name counts. */
  | readonly ['top', offered: string, final: string]
  /** Something that an earlier start of this transfer left under its final name: a digest of that, and its bytes. */
  | readonly ['left', key: string, bytes: number]
  /** A directory that was made on the way to an entry. */
  | readonly ['made', path: string]
  /** Entry `index` did not come. What follows it came all the same, and has to come again when this one is tried again. */
  | readonly ['failed', index: number]
  /** Entry `index` is complete, synced and about to get its final name. */
  | readonly ['placing', index: number, size: number, path: string];

/** What a journal says about where a transfer was. */
export interface Kept {
  /** In hex. */
  readonly fingerprint: string;
  readonly index: number;
  readonly chain: Uint8Array;
  readonly files: number;
  readonly bytes: number;
  readonly tops: ReadonlyMap<string, string>;
  readonly placing: { readonly size: number; readonly path: string } | undefined;
  /** Entries behind `index` came, or were begun: it is the first that failed. */
  readonly isBehind: boolean;
  /** Bytes of the journal that count. */
  readonly end: number;
}

/** @returns undefined where there is no journal, or none that this version can read */
export async function readJournal(path: string): Promise<Kept | undefined> {
  const tops = new Map<string, string>();
  let kept: Kept | undefined;
  /** The one that comes next in the run that wrote these lines. A later run begins again at the first that failed. */
  let next = 0;
  for await (const { value, end } of linesOf(path)) {
    if (kept === undefined) {
      const fingerprint = fingerprintOf(value);
      if (fingerprint === undefined) return undefined;
      const placing = undefined;
      kept = {
        fingerprint,
        index: 0,
        chain: CHAIN_START,
        files: 0,
        bytes: 0,
        tops,
        placing,
        isBehind: false,
        end,
      };
      continue;
    }
    const record = recordOf(value);
    if (record === undefined) break;
    if (record[0] === 'top') tops.set(record[1], record[2]);
    if (record[0] === 'placing') {
      const [, index, size, path] = record;
      if (index !== next && index !== kept.index) break;
      if (index === kept.index) kept = { ...kept, placing: { size, path } };
    }
    if (record[0] === 'file' || record[0] === 'directory' || record[0] === 'failed') {
      const [, index] = record;
      if (index !== next && index !== kept.index) break;
      next = index + 1;
    }
    if ((record[0] === 'file' || record[0] === 'directory') && record[1] === kept.index) {
      const [, index, chain, files, bytes] = record;
      kept = {
        ...kept,
        index: index + 1,
        chain: Uint8Array.from(Buffer.from(chain, 'hex')),
        files,
        bytes,
        placing: undefined,
      };
    }
    kept = { ...kept, isBehind: next > kept.index, end };
  }
  return kept;
}

/** The records of a journal one after the other, up to the first that makes no sense. */
export async function* journalRecords(path: string): AsyncGenerator<JournalRecord> {
  let isHead = true;
  for await (const { value } of linesOf(path)) {
    const record = isHead ? undefined : recordOf(value);
    if (record !== undefined) yield record;
    else if (!isHead) return;
    isHead = false;
  }
}

async function* linesOf(path: string): AsyncGenerator<{ value: unknown; end: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let end = 0;
  try {
    const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1024 * 1024 });
    for await (const chunk of stream) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let lf = data.indexOf(LF); lf !== -1; lf = data.indexOf(LF, start)) {
        end += lf + 1 - start;
        yield { value: JSON.parse(data.toString('utf8', start, lf)) as unknown, end };
        start = lf + 1;
      }
      rest = data.subarray(start);
      if (rest.length > MAX_LINE_BYTES) return;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && errnoOf(error) !== 'ENOENT') throw landingError(error, path);
  }
}

function fingerprintOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('offer' in value))
    return undefined;
  return value.version === JOURNAL_VERSION && isDigest(value.offer) ? value.offer : undefined;
}

function recordOf(value: unknown): JournalRecord | undefined {
  if (!Array.isArray(value)) return undefined;
  const [kind, a, b, c, d, e, f, g] = value as readonly unknown[];
  if (kind === 'top' && isText(a) && isName(b)) return [kind, a, b];
  if (kind === 'left' && isText(a) && isCount(b)) return [kind, a, b];
  if (kind === 'made' && isText(a)) return [kind, a];
  if (kind === 'failed' && isCount(a)) return [kind, a];
  if (kind === 'placing' && isCount(a) && isCount(b) && isText(c)) return [kind, a, b, c];
  if (!isCount(a) || !isDigest(b) || !isCount(c) || !isCount(d)) return undefined;
  if (kind === 'file' && isText(e)) return [kind, a, b, c, d, e];
  if (kind === 'directory' && Number.isSafeInteger(e) && typeof e === 'number' && isText(f) && isRights(g))
    return [kind, a, b, c, d, e, f, g];
  return undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isName = (value: unknown): value is string => isText(value) && /^(?!\.{1,2}$)[^/\0]+$/.test(value);
const isDigest = (value: unknown): value is string => isText(value) && /^[0-9a-f]{64}$/.test(value);
const isRights = (value: unknown): value is number | null =>
  value === null || (isCount(value) && value <= 0o777);
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
