import { formatHandshake, type JoinRequest, type Role } from '../protocol/handshake.js';
import { REFUSAL_TOKENS, sentence, type RefusalToken } from '../protocol/replies.js';
import type { RelayAddress, TransferErrorCode } from './api.js';
import { type Line, resetAtOnce } from './line.js';
import { openLine } from './open-line.js';
import { refusal } from './refusals.js';
import { failed, hostPort, unreachable } from './unreachable.js';
import { within } from './within.js';

/** A status line is a token and a sentence; a longer one is not a relay's. */
const MAX_LINE_BYTES = 512;

/** A relay that is asked for its status says something every 30 s. In milliseconds. */
const SILENCE_MS = 45_000;

/** The relay said no. The message is for whoever is at this side. */
export class RelayRefused extends Error {
  override readonly name = 'RelayRefused';
  readonly token: RefusalToken;
  readonly code: TransferErrorCode;
  /** The relay's own sentence. */
  readonly said: string;

  constructor(token: RefusalToken, said: string, side: Role) {
    const { code, message } = refusal(token, said, side);
    super(message);
    this.token = token;
    this.code = code;
    this.said = said;
  }
}

/** The relay could not be reached, or its line was cut before anybody was there. */
export class RelayUnreachable extends Error {
  override readonly name = 'RelayUnreachable';
}

/** Why a wait is over in one room: the two have met in another. */
export class MetElsewhere extends Error {
  override readonly name = 'MetElsewhere';
}

/**
 * A relay takes whoever opens a room and leaves it at once for one who looks for codes, and counts it. So a room that is
 * not needed any more is left when it was open for so long, in milliseconds.
 */
const OPEN_FOR_MS = 1_500;

export interface DialOptions extends RelayAddress {
  readonly request: Pick<JoinRequest, 'code' | 'role'> & Partial<JoinRequest>;
  /** Ends the attempt, and the connection with it. */
  readonly signal?: AbortSignal | undefined;
  /** The room is open, and its other side is not there yet. Called again as the wait goes on. */
  readonly onWaiting?: (secondsLeft: number) => void;
  /** After so long without a word of the relay it counts as gone. For tests. */
  readonly silenceMs?: number;
}

/**
 * Joins a room, and waits in it until it is paired.
 * @returns the line, which stands still; what the other side has sent already is still to be read from it.
 * @throws RelayRefused, RelayUnreachable, or the signal's reason.
 */
export async function dial(options: DialOptions): Promise<Line> {
  const { host, port, request, signal, onWaiting, silenceMs = SILENCE_MS } = options;
  const silent = (): Error => new RelayUnreachable(`The relay at ${hostPort(host, port)} does not answer.`);
  signal?.throwIfAborted();
  const line = await within(silenceMs, silent, signal, (inTime) =>
    openLine(options, inTime).catch((error: unknown) => {
      if (inTime.aborted) throw inTime.reason;
      throw new RelayUnreachable(unreachable(options, error as Error), { cause: error });
    }),
  );
  let openedAt: number | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let pending = Buffer.alloc(0);
      const onChunk = (chunk: Buffer): void => {
        silence.refresh();
        // A copy: what is left of it is for the one who reads next.
        pending = Buffer.concat([pending, chunk]);
        for (let at = pending.indexOf('\n'); at >= 0 && at <= MAX_LINE_BYTES; at = pending.indexOf('\n')) {
          const said = pending.toString('latin1', 0, at);
          pending = pending.subarray(at + 1);
          const seconds = /^WAITING (\d+)$/.exec(said)?.[1];
          if (said === 'PAIRED') {
            line.unread(pending);
            done(resolve);
            return;
          }
          if (seconds === undefined) return done(() => reject(refusalOf(said, request.role)));
          openedAt ??= performance.now();
          onWaiting?.(Number(seconds));
        }
        if (pending.length > MAX_LINE_BYTES) {
          return done(() =>
            reject(new RelayUnreachable(`${hostPort(host, port)} does not speak like a relay.`)),
          );
        }
        line.resume();
      };
      const onEnd = (): void => {
        done(() =>
          reject(new RelayUnreachable(`The relay at ${hostPort(host, port)} closed the connection.`)),
        );
      };
      const onError = (error: Error): void => {
        done(() => reject(new RelayUnreachable(failed(options, error), { cause: error })));
      };
      const onAbort = (): void => done(() => reject(signal?.reason as Error));
      const silence = setTimeout(() => done(() => reject(silent())), silenceMs);
      const done = (settle: () => void): void => {
        clearTimeout(silence);
        line.off('end', onEnd).off('error', onError);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      line.readBy(onChunk);
      line.on('end', onEnd).on('error', onError);
      // It may have failed before it was listened to.
      if (line.destroyed) return onError(line.errored ?? new Error('it was closed'));
      line.write(formatHandshake({ ...request, status: true }));
      signal?.addEventListener('abort', onAbort);
    });
    return line;
  } catch (error) {
    // A reset, so that the relay counts us as gone at once.
    if (openedAt === undefined || !(error instanceof MetElsewhere)) resetAtOnce(line);
    else setTimeout(() => resetAtOnce(line), openedAt + OPEN_FOR_MS - performance.now()).unref();
    throw error;
  }
}

function refusalOf(said: string, side: Role): Error {
  const [, token, text] = /^ERROR ([a-z-]+) (.*)$/.exec(said) ?? [];
  const known = REFUSAL_TOKENS.find((each) => each === token);
  if (known !== undefined && text !== undefined) return new RelayRefused(known, text, side);
  // Said before our line was read: in the plain form, without a token.
  const plain = PLAIN_REFUSALS.find(([start]) => said.startsWith(start));
  if (plain !== undefined) return new RelayRefused(plain[1], said, side);
  return new RelayUnreachable('What answers there does not speak like a relay.');
}

/** How the sentences begin that a relay says before it has read a line. */
const PLAIN_REFUSALS: readonly (readonly [string, RefusalToken])[] = [
  ['Rate limit exceeded', 'rate-limited'],
  [sentence({ token: 'source-blocked' }), 'source-blocked'],
  [sentence({ token: 'server-full' }), 'server-full'],
  [sentence({ token: 'shutting-down' }), 'shutting-down'],
  [sentence({ token: 'handshake-timeout' }), 'handshake-timeout'],
  ['Invalid handshake', 'invalid-handshake'],
];
