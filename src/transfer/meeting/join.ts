import { formatHandshake, type JoinRequest } from '../../protocol/handshake.js';
import { parseReply } from '../../protocol/parse-reply.js';
import { concat, NO_BYTES, utf8 } from '../bytes.js';
import type { Signal } from '../cancellation.js';
import type { Context } from '../context.js';
import type { Line, LineReader } from '../line.js';
import type { Platform } from '../platform.js';
import { LineCut, RelayRefused, RelayUnreachable } from '../line-errors.js';
import { within } from '../within.js';

/** A status line is a token and a sentence; a longer one is not a relay's. */
const MAX_LINE_BYTES = 512;
const LF = 0x0a;

/** A relay that is asked for its status says something every 30 s. In milliseconds. */
const SILENCE_MS = 45_000;

/** Why a wait is over in one room: the two have met in another. */
export class MetElsewhere extends Error {
  override readonly name = 'MetElsewhere';
}

/**
 * A relay takes whoever opens a room and leaves it at once for one who looks for codes, and counts it. So a room that is
 * not needed any more is left when it was open for so long, in milliseconds.
 */
const OPEN_FOR_MS = 1_500;

export interface JoinOptions {
  readonly request: Pick<JoinRequest, 'code' | 'role'> & Partial<JoinRequest>;
  /** Ends the wait, and the line with it. */
  readonly signal?: Signal | undefined;
  /** The room is open, and its other side is not there yet. Called again as the wait goes on. */
  readonly onWaiting?: ((secondsLeft: number) => void) | undefined;
  /** After so long without a word of the relay it counts as gone. For tests. */
  readonly silenceMs?: number | undefined;
}

/**
 * Joins a room, and waits in it until it is paired.
 *
 * @returns the line; what the other side has sent already is still to be read from it
 * @throws RelayRefused, RelayUnreachable, or the signal's reason
 */
export async function join(
  context: Pick<Context, 'relay' | 'platform'>,
  options: JoinOptions,
): Promise<Line> {
  const { relay, platform } = context;
  const { request, signal, onWaiting, silenceMs = SILENCE_MS } = options;
  signal?.throwIfAborted();
  const line = await within(
    silenceMs,
    () => silent(relay.name),
    signal,
    platform,
    (inTime) => relay.dial(inTime),
  );
  let openedAt: number | undefined;
  let isOver = false;
  const waiting = (secondsLeft: number): void => {
    if (isOver) return;
    openedAt ??= platform.now();
    onWaiting?.(secondsLeft);
  };
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve)).then(() => {
    throw signal?.reason;
  });
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    // Where the line is cut, reading says so.
    line.write([utf8(formatHandshake({ ...request, status: true }))]).catch(() => undefined);
    return await Promise.race([paired(line, relay.name, platform, options, waiting), stopped]);
  } catch (error) {
    isOver = true;
    // A reset, so that the relay counts us as gone at once.
    if (openedAt === undefined || !(error instanceof MetElsewhere)) line.abandon();
    else abandonLater(line, openedAt + OPEN_FOR_MS - platform.now(), platform);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Reads what the relay says, until the other side is there. */
async function paired(
  line: Line,
  relay: string,
  platform: Platform,
  { request, silenceMs = SILENCE_MS }: JoinOptions,
  onWaiting: (secondsLeft: number) => void,
): Promise<Line> {
  let pending: Uint8Array = NO_BYTES;
  const reader = { take: (chunk: Uint8Array) => void (pending = concat([pending, chunk])) };
  for (;;) {
    for (let end = pending.indexOf(LF); end >= 0 && end <= MAX_LINE_BYTES; end = pending.indexOf(LF)) {
      const said = String.fromCharCode(...pending.subarray(0, end));
      pending = pending.subarray(end + 1);
      const reply = parseReply(said);
      if (reply?.kind === 'paired') return pending.length === 0 ? line : new BegunLine(line, pending);
      if (reply?.kind === 'refused') throw new RelayRefused(reply.refusal, request.role);
      if (reply?.kind !== 'waiting')
        throw new RelayUnreachable('What answers there does not speak like a relay.');
      onWaiting(reply.secondsLeft);
    }
    if (pending.length > MAX_LINE_BYTES) throw new RelayUnreachable(`${relay} does not speak like a relay.`);
    let isSilent = false as boolean;
    const stopWaiting = platform.startTimer(silenceMs, () => {
      isSilent = true;
      line.abandon();
    });
    const isMore = await line
      .read(reader)
      .catch((error: unknown) => {
        if (isSilent) throw silent(relay);
        if (!(error instanceof LineCut)) throw error;
        throw new RelayUnreachable(connectionFailed(relay, error.detail), { cause: error.cause });
      })
      .finally(stopWaiting);
    if (!isMore) throw new RelayUnreachable(`The relay at ${relay} closed the connection.`);
  }
}

/** A line of which something was read already that is for the next one who reads. */
class BegunLine implements Line {
  readonly #line: Line;
  #begun: Uint8Array | undefined;

  constructor(line: Line, begun: Uint8Array) {
    this.#line = line;
    this.#begun = begun;
  }

  read(reader: LineReader): Promise<boolean> {
    if (this.#begun === undefined) return this.#line.read(reader);
    reader.take(this.#begun);
    this.#begun = undefined;
    return Promise.resolve(true);
  }

  write(pieces: readonly Uint8Array[]): Promise<void> {
    return this.#line.write(pieces);
  }

  get unsent(): number {
    return this.#line.unsent;
  }

  end(): Promise<void> {
    return this.#line.end();
  }

  get closed(): Promise<void> {
    return this.#line.closed;
  }

  abandon(): void {
    this.#line.abandon();
  }
}

function abandonLater(line: Line, ms: number, platform: Platform): void {
  // No timer: it would keep a program running that has nothing else to do.
  const cancel = platform.startInterval(ms, () => {
    cancel();
    line.abandon();
  });
}

function silent(relay: string): RelayUnreachable {
  return new RelayUnreachable(`The relay at ${relay} does not answer.`);
}

/** That a connection which stood has failed. @param detail as the system says it */
export function connectionFailed(relay: string, detail = 'it was closed'): string {
  return `The connection to the relay at ${relay} failed: ${detail}.`;
}
