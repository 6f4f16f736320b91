import { createHash } from 'node:crypto';
import { parseHandshake, type Role } from '../../src/protocol/handshake.js';
import { concat, textOf, utf8 } from '../../src/transfer/bytes.js';
import type { Relay } from '../../src/transfer/context.js';
import { CHAIN_START, chainEntry, type Entry } from '../../src/transfer/entry.js';
import type { Landing, Place } from '../../src/transfer/landing.js';
import { LineCut } from '../../src/transfer/line-errors.js';
import type { Line, LineReader } from '../../src/transfer/line.js';
import { NONE, type Source } from '../../src/transfer/source.js';

/** A tool's end of a line in memory. What it says goes to `onBytes`, whoever that is. */
export class MemoryLine implements Line {
  readonly unsent = 0;
  readonly closed: Promise<void>;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onOver: () => void = () => undefined;
  isOver = false;
  #close = (): void => undefined;
  #isCut = false;
  #hasEnded = false;
  #isEnding = false;
  #said: Uint8Array[] = [];
  #wake = (): void => undefined;

  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  async read(reader: LineReader): Promise<boolean> {
    for (;;) {
      if (this.#isCut) throw new LineCut();
      const bytes = this.#said.shift();
      if (bytes !== undefined) {
        reader.take(bytes);
        return true;
      }
      if (this.#hasEnded) return false;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  write(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#isCut || this.#isEnding) return Promise.reject(new LineCut());
    this.onBytes(concat(pieces));
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.#isEnding = true;
    this.onOver();
    if (this.#hasEnded) this.#over();
    return Promise.resolve();
  }

  abandon(): void {
    this.#isCut = true;
    this.onOver();
    this.#over();
  }

  /** The other end says so. */
  say(bytes: Uint8Array): void {
    this.#said.push(bytes);
    this.#wake();
  }

  /** The other end says nothing more. */
  sayEnd(): void {
    this.#hasEnded = true;
    this.#wake();
    if (this.#isEnding) this.#over();
  }

  #over(): void {
    this.isOver = true;
    this.#wake();
    this.#close();
  }
}

export interface MemoryRelay extends Relay {
  readonly lines: readonly MemoryLine[];
}

/** A relay that pairs whoever comes to one code as sender and receiver, and no more. */
export function memoryRelay(): MemoryRelay {
  const rooms = new Map<string, { readonly role: Role; readonly line: MemoryLine }>();
  const lines: MemoryLine[] = [];
  const join = (line: MemoryLine, said: string): void => {
    const parsed = parseHandshake(said.trimEnd());
    if (!parsed.ok) throw new Error(parsed.problem);
    const { code, role } = parsed.request;
    const other = rooms.get(code);
    line.onBytes = () => undefined;
    if (other === undefined || other.role === role || other.line.isOver) {
      rooms.set(code, { role, line });
      return line.say(utf8('WAITING 600\n'));
    }
    rooms.delete(code);
    for (const [one, two] of [
      [line, other.line],
      [other.line, line],
    ] as const) {
      one.onBytes = (bytes) => two.say(bytes);
      one.onOver = () => two.sayEnd();
      one.say(utf8('PAIRED\n'));
    }
  };
  return {
    name: 'memory',
    lines,
    dial() {
      const line = new MemoryLine();
      lines.push(line);
      line.onBytes = (bytes) => join(line, textOf(bytes));
      return Promise.resolve(line);
    },
  };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** One file. */
export function memorySource(bytes: Uint8Array): Source {
  const size = bytes.length;
  const entry: Entry = { path: 'file', kind: 'file', size, executable: false, modifiedMs: 0 };
  return {
    offer: { kind: 'files', names: ['file'], entries: 1, bytes: size },
    files: 1,
    skipped: NONE,
    unreadable: NONE,
    acknowledge: () => undefined,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *items() {
      yield {
        entry,
        isUnreadable: false,
        start: () => ({ offset: 0, hash: () => createHash('sha256') }),
        // eslint-disable-next-line @typescript-eslint/require-await
        async *read() {
          for (let at = 0; at < size; at += 100_000) yield bytes.subarray(at, at + 100_000);
        },
      };
    },
  };
}

/** Where one file lands. */
export function memoryPlace(): Place & { bytes(): Uint8Array } {
  let here: Uint8Array[] = [];
  let entry: Entry | undefined;
  let isDone = false;
  const bytes = (): Uint8Array => concat(here);
  const landed = () => Promise.resolve({ files: 1, bytes: bytes().length, names: ['file'] });
  const landing: Landing = {
    resumePoint: () => {
      const offset = isDone ? 0 : bytes().length;
      const chain = isDone && entry !== undefined ? chainEntry(CHAIN_START, entry) : CHAIN_START;
      const digest = offset === 0 ? undefined : sha256(bytes());
      return Promise.resolve({ index: isDone ? 1 : 0, chain, offset, digest, bytes: bytes().length });
    },
    restart: () => Promise.resolve(void (here = [])),
    begin: (next) => Promise.resolve(void (entry = next)),
    write: (chunk) => Promise.resolve(void here.push(chunk.slice())),
    skip: (zeros) => Promise.resolve(void here.push(new Uint8Array(zeros))),
    flush: () => Promise.resolve(),
    finish: () => Promise.resolve(void (isDone = true)),
    fail: () => Promise.reject(new Error('The one file did not come.')),
    verify: landed,
    complete: landed,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return {
    bytes,
    check: () => Promise.resolve(),
    plan: () =>
      Promise.resolve({
        existing: [],
        freeBytes: undefined,
        directory: 'memory',
        open: () => Promise.resolve(landing),
      }),
  };
}
