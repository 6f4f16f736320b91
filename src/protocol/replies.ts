import { HEARTBEAT_SECONDS } from './limits.js';

/** Why a pairing was over, as one side sees it. */
export type EndReason =
  'closed' | 'lost' | 'idle' | 'byte-limit' | 'age-limit' | 'quota' | 'operator' | 'shutdown';

/** A refusal and what its sentence needs. The token stands in status lines, logs and metrics. */
export type Refusal =
  | { readonly token: 'invalid-handshake'; readonly problem: string }
  /** `triesLeft` is undefined where the lockout is off. */
  | { readonly token: 'invalid-code'; readonly triesLeft: number | undefined }
  | { readonly token: 'rate-limited'; readonly scope: 'IP' | 'code'; readonly retryAfterSeconds: number }
  | {
      readonly token:
        | 'handshake-timeout'
        | 'code-blocked'
        | 'source-blocked'
        | 'invalid-token'
        | 'quota-exceeded'
        | 'code-in-use'
        | 'room-full'
        | 'server-full'
        | 'room-expired'
        | 'room-closed'
        | 'shutting-down';
    };

export type RefusalToken = Refusal['token'];

/** The problem of a handshake that came in plain text where only TLS is taken: tools tell it in their own words. */
export const TLS_ONLY = 'this relay takes TLS only';

/** Every token, for metrics that start at zero and for tests that miss none. */
export const REFUSAL_TOKENS = [
  'invalid-handshake',
  'handshake-timeout',
  'invalid-code',
  'code-blocked',
  'source-blocked',
  'invalid-token',
  'quota-exceeded',
  'code-in-use',
  'room-full',
  'rate-limited',
  'server-full',
  'room-expired',
  'room-closed',
  'shutting-down',
] as const satisfies readonly RefusalToken[];

export const END_REASONS = [
  'closed',
  'lost',
  'idle',
  'byte-limit',
  'age-limit',
  'quota',
  'operator',
  'shutdown',
] as const satisfies readonly EndReason[];

/** The sentence of a refusal, without LF. */
export function sentence(refusal: Refusal): string {
  switch (refusal.token) {
    case 'invalid-handshake':
      return `Invalid handshake: ${refusal.problem}.`;
    case 'handshake-timeout':
      return 'Handshake timed out.';
    case 'invalid-code':
      return refusal.triesLeft === undefined
        ? 'Invalid code or key.'
        : `Invalid code or key. You have ${refusal.triesLeft} tries remaining before this code is blocked.`;
    case 'code-blocked':
      return 'Code temporarily blocked due to too many failed attempts. Try again later.';
    case 'source-blocked':
      return 'Too many failed attempts from your address. Try again later.';
    case 'invalid-token':
      return 'Invalid or missing token.';
    case 'quota-exceeded':
      return 'Daily quota used up. It starts afresh at 00:00 UTC.';
    case 'code-in-use':
      return 'Code already in use.';
    case 'room-full':
      return 'Room is full.';
    case 'rate-limited':
      return `Rate limit exceeded for ${refusal.scope}. Try again in ${refusal.retryAfterSeconds} seconds.`;
    case 'server-full':
      return 'Server is full. Try again later.';
    case 'room-expired':
      return 'Room expired: nobody joined in time.';
    case 'room-closed':
      return 'Room closed by the operator.';
    case 'shutting-down':
      return 'Server is shutting down.';
  }
}

/** How one client is spoken to. A reply that is undefined is not said. */
export interface LineVoice {
  refused(refusal: Refusal): string;
  waiting(secondsLeft: number): string | undefined;
  paired(): string | undefined;
  disconnected(reason: EndReason): string | undefined;
  /** How often `waiting` is said; undefined: never. */
  readonly heartbeatMs: number | undefined;
  /** What FIN means while it waits. A plain client may have sent its whole file, and stays for the receiver to come. */
  readonly finWhileWaiting: 'leaves' | 'half-close';
}

/**
 * The replies to a client of the handshake line. The same object for all who asked for the same.
 * Nothing but refusals and the notice without `status`; no notice with `raw`.
 */
export function voice({ status, raw }: { readonly status: boolean; readonly raw: boolean }): LineVoice {
  if (status) return raw ? VOICES.statusRaw : VOICES.status;
  return raw ? VOICES.raw : plainVoice;
}

function createVoice(status: boolean, raw: boolean): LineVoice {
  return {
    heartbeatMs: status ? HEARTBEAT_SECONDS * 1000 : undefined,
    finWhileWaiting: status ? 'leaves' : 'half-close',
    refused: (refusal) => `${status ? `ERROR ${refusal.token} ` : ''}${sentence(refusal)}\n`,
    waiting: (secondsLeft) => (status ? `WAITING ${secondsLeft}\n` : undefined),
    paired: () => (status ? 'PAIRED\n' : undefined),
    disconnected: (reason) => (raw ? undefined : status ? `DISCONNECT ${reason}\n` : 'DISCONNECT\n'),
  };
}

/** The form of every reply that is given before a client's line was read. */
export const plainVoice = createVoice(false, false);

const VOICES = {
  raw: createVoice(false, true),
  status: createVoice(true, false),
  statusRaw: createVoice(true, true),
};
