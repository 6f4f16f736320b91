import type { Duplex } from 'node:stream';
import type { Refusal } from '../../protocol/replies.js';
import { type Dialect, type Greeting, SNIFF_BYTES } from '../dialects/dialect.js';
import { line } from '../dialects/line.js';
import { type NoHead, readHead } from '../wire/read-head.js';
import type { Wire } from '../wire/wire.js';

export type Opening =
  | { readonly kind: 'tls'; readonly head: Buffer }
  | { readonly kind: 'spoken'; readonly dialect: Dialect; readonly head: Buffer };

/** The first byte of every TLS connection: a record of the handshake (RFC 8446, 5.1). No dialect begins with it. */
const HANDSHAKE_RECORD = 0x16;

const UNSPOKEN: Refusal = { token: 'invalid-handshake', problem: 'this relay does not speak that' };

/** In place of the line where that is not spoken: for all that no dialect knows as its own. */
const unspoken: Dialect = {
  name: 'none',
  voice: line.voice,
  sniff: () => 'mine',
  greet: (wire: Wire): Promise<Greeting> =>
    Promise.resolve({ kind: 'refused', wire, voice: line.voice, refusal: UNSPOKEN }),
};

/** Tells by the first bytes of a connection what is spoken on it. */
export class Openings {
  /** Where nothing has to be read to know it. */
  readonly only: Dialect | undefined;
  /** The line last: it is all that nothing else is. */
  readonly #dialects: readonly Dialect[];
  /** For all that no dialect knows as its own: the line, or a refusal. */
  readonly rest: Dialect;

  constructor(dialects: readonly Dialect[]) {
    this.#dialects = dialects.filter((dialect) => dialect !== line);
    this.rest = dialects.includes(line) ? line : unspoken;
    this.only = this.#dialects.length === 0 ? this.rest : undefined;
  }

  /** A dialect that is spoken, by its name. */
  named(name: string): Dialect | undefined {
    return [...this.#dialects, this.rest].find((dialect) => dialect.name === name);
  }

  /** Reads what is enough to know it. Leaves the stream paused. */
  read(stream: Duplex, timeoutMs: number, tls: 'with-tls' | 'without-tls'): Promise<Opening | NoHead> {
    return readHead(stream, timeoutMs, (head) =>
      tls === 'with-tls' && head[0] === HANDSHAKE_RECORD ? { kind: 'tls', head } : this.#find(head),
    );
  }

  #find(head: Buffer): Opening | undefined {
    for (const dialect of this.#dialects) {
      const answer = dialect.sniff(head);
      if (answer === 'mine') return { kind: 'spoken', dialect, head };
      if (answer === 'more' && head.length < SNIFF_BYTES) return undefined;
    }
    return { kind: 'spoken', dialect: this.rest, head };
  }
}
