import { END_REASONS, type EndReason, REFUSAL_TOKENS, type RefusalToken, sentence } from './replies.js';

/** A refusal as a client reads it. */
export interface ToldRefusal {
  readonly token: RefusalToken;
  /** The relay's own words, behind the token. */
  readonly sentence: string;
  /** The parts of the sentence, as in `Refusal`; absent from the words of another release too. */
  readonly problem?: string;
  readonly triesLeft?: number | undefined;
  readonly scope?: 'IP' | 'code';
  readonly retryAfterSeconds?: number;
}

/** What one line of a relay says. */
export type Reply =
  | { readonly kind: 'waiting'; readonly secondsLeft: number }
  | { readonly kind: 'paired' }
  | { readonly kind: 'refused'; readonly refusal: ToldRefusal }
  /** `reason` is undefined in the plain notice, and where it is one that this release does not know. */
  | { readonly kind: 'disconnected'; readonly reason: EndReason | undefined };

const WAITING = /^WAITING (\d+)$/;
const ERROR = /^ERROR ([a-z-]+) (.*)$/;
const DISCONNECT = /^DISCONNECT(?: ([a-z-]{1,32}))?$/;

const INVALID_HANDSHAKE = /^Invalid handshake: (.+)\.$/;
const INVALID_CODE =
  /^Invalid code or key\.(?: You have (\d+) tries remaining before this code is blocked\.)?$/;
const RATE_LIMITED = /^Rate limit exceeded for (IP|code)\. Try again in (\d+) seconds\.$/;

/**
 * The inverse of `voice`: what a relay says in one line, in either form.
 *
 * @param line one character a byte (latin1), without its LF
 * @returns undefined where no relay says that
 */
export function parseReply(line: string): Reply | undefined {
  if (line === 'PAIRED') return { kind: 'paired' };
  const waiting = WAITING.exec(line);
  if (waiting !== null) return { kind: 'waiting', secondsLeft: Number(waiting[1]) };
  const disconnect = DISCONNECT.exec(line);
  if (disconnect !== null) {
    return { kind: 'disconnected', reason: END_REASONS.find((reason) => reason === disconnect[1]) };
  }
  const refusal = parseRefusal(line);
  return refusal && { kind: 'refused', refusal };
}

function parseRefusal(line: string): ToldRefusal | undefined {
  const [, said, words] = ERROR.exec(line) ?? [];
  if (words === undefined) {
    const token = REFUSAL_TOKENS.find((each) => partsOf(each, line) !== undefined);
    return token && { token, sentence: line, ...partsOf(token, line) };
  }
  const token = REFUSAL_TOKENS.find((each) => each === said);
  return token && { token, sentence: words, ...partsOf(token, words) };
}

/** The parts of a refusal's sentence; undefined where these are not its words. */
function partsOf(token: RefusalToken, words: string): Omit<ToldRefusal, 'token' | 'sentence'> | undefined {
  switch (token) {
    case 'invalid-handshake': {
      const [, problem] = INVALID_HANDSHAKE.exec(words) ?? [];
      return problem === undefined ? undefined : { problem };
    }
    case 'invalid-code': {
      const parts = INVALID_CODE.exec(words);
      if (parts === null) return undefined;
      return parts[1] === undefined ? {} : { triesLeft: Number(parts[1]) };
    }
    case 'rate-limited': {
      const [, scope, seconds] = RATE_LIMITED.exec(words) ?? [];
      if (scope === undefined) return undefined;
      return { scope: scope === 'IP' ? 'IP' : 'code', retryAfterSeconds: Number(seconds) };
    }
    default:
      return words === sentence({ token }) ? {} : undefined;
  }
}
