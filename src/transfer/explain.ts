import type { Role } from '../protocol/handshake.js';
import type { ToldRefusal } from '../protocol/parse-reply.js';
import { TLS_ONLY } from '../protocol/replies.js';
import { AuthenticationError, ChannelExhausted, ProtocolError, WrongCode } from './errors.js';
import { LandingError } from './landing.js';
import { LineCut, RelayEnded, RelayRefused, RelayUnreachable } from './line-errors.js';
import type { FinalReason } from './channel/notices.js';
import { TransferError, type TransferErrorCode } from './transfer-error.js';

/** Whatever ended a transfer, as the one error that callers see: a sentence that says what to do. */
export function toTransferError(error: unknown, side: Role, now = Date.now()): unknown {
  if (error instanceof TransferError) return error;
  if (error instanceof WrongCode) {
    const givenUp = error.side === 'sender' ? ' The code is given up: send again, with a new one.' : '';
    return new TransferError('wrong-code', `${error.message}${givenUp}`, { cause: error });
  }
  if (error instanceof AuthenticationError)
    return new TransferError('authentication', error.message, { cause: error });
  if (error instanceof ProtocolError) return new TransferError('protocol', error.message, { cause: error });
  if (error instanceof RelayEnded)
    return new TransferError('relay', endedBecause(error.reason, side, now), { cause: error });
  if (error instanceof LineCut || error instanceof ChannelExhausted) {
    return new TransferError('gave-up', error.message, { cause: error });
  }
  if (error instanceof LandingError) return landing(error);
  if (error instanceof RelayUnreachable) return new TransferError('relay', error.message, { cause: error });
  if (error instanceof RelayRefused) {
    const { code, message } = refusal(error.told, error.side, now);
    return new TransferError(code, message, { cause: error });
  }
  return error;
}

function landing(error: LandingError): TransferError {
  return new TransferError(landingCode(error), error.message, { cause: error });
}

/** What a landing failed with, as both sides are told. */
export function landingCode({ code }: LandingError): 'exists' | 'hostile-offer' | 'mismatch' | 'destination' {
  switch (code) {
    case 'exists':
    case 'mismatch':
      return code;
    case 'hostile-name':
    case 'too-much':
      return 'hostile-offer';
    case 'no-space':
    case 'read-only':
    case 'not-a-directory':
    case 'io':
      return 'destination';
  }
}

interface Refusal {
  readonly code: TransferErrorCode;
  /** What happened and what to do, for whoever is at this side. */
  readonly message: string;
}

/** Why a relay refuses, for the side that it refuses. */
export function refusal(told: ToldRefusal, side: Role, now = Date.now()): Refusal {
  return side === 'receiver' ? forReceiver(told, now) : forSender(told, now);
}

function forReceiver(told: ToldRefusal, now: number): Refusal {
  switch (told.token) {
    case 'invalid-code': {
      const { triesLeft } = told;
      const left = triesLeft === undefined ? '' : `; ${triesLeft} ${triesLeft === 1 ? 'try' : 'tries'} left`;
      return nobodyThere(
        `No sender is waiting with that code. Check it with the sender, or come first and wait with --wait${left}.`,
      );
    }
    case 'code-blocked':
      return nobodyThere(
        'That code is blocked for a while, after too many failed attempts. Run it again when the sender is there; if it is there already, ask for a new code.',
      );
    case 'room-expired':
      return nobodyThere(
        'The sender did not come in time. Ask the sender to run the same command again, then run yours again.',
      );
    case 'room-full':
      return relay('Somebody else is receiving with that code. Check it with the sender.');
    case 'quota-exceeded':
      return relay(`The sender's ${quotaUsedUp(now)}. Ask the sender to run it again then.`);
    default:
      return forBoth(told);
  }
}

function forSender(told: ToldRefusal, now: number): Refusal {
  switch (told.token) {
    case 'invalid-code':
      return relay(
        'Somebody has opened a room with the digits of that code already. Choose others, or leave --code out.',
      );
    case 'code-blocked':
      return relay(
        'The digits of that code are blocked for your address for a while, after too many failed attempts from it. Choose others, or leave --code out.',
      );
    case 'code-in-use':
      return relay('Another sender uses the digits of that code. Choose others, or leave --code out.');
    case 'room-expired':
      return nobodyThere('No receiver came in time. Run it again when the receiver is ready.');
    case 'quota-exceeded':
      return relay(`Your ${quotaUsedUp(now)}. Run it again then.`);
    case 'invalid-token':
      return relay(
        'This relay takes senders with a token, and RELAY_TOKEN is not set to a valid one. Ask its operator for yours.',
      );
    default:
      return forBoth(told);
  }
}

function forBoth(told: ToldRefusal): Refusal {
  switch (told.token) {
    case 'invalid-handshake':
      return relay(
        told.problem === TLS_ONLY
          ? 'The relay takes TLS only. Give --tls, or write relays:// before its address.'
          : quoted(told.sentence),
      );
    case 'source-blocked':
      return relay(
        'The relay takes nobody from your address for a while, after too many failed attempts from it. Try again later.',
      );
    case 'rate-limited': {
      const { retryAfterSeconds: seconds } = told;
      const when = seconds === undefined ? 'later' : `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
      return relay(`There were too many connections to the relay from your address. Try again ${when}.`);
    }
    case 'server-full':
      return relay('The relay has no room for another connection from your address now. Try again later.');
    case 'handshake-timeout':
      return relay('The relay did not hear from here in time. Check your network, and try again.');
    case 'room-closed':
      return relay("The relay's operator has closed the room. Ask them before you run it again.");
    case 'shutting-down':
      return relay('The relay is shutting down. Try again in a minute.');
    // What no relay of ours says to this side.
    default:
      return relay(quoted(told.sentence));
  }
}

function nobodyThere(message: string): Refusal {
  return { code: 'nobody-there', message };
}

function relay(message: string): Refusal {
  return { code: 'relay', message };
}

function quoted(said: string): string {
  return `The relay says: ${said}`;
}

/** What happened, and what to do. */
export function endedBecause(reason: FinalReason, side: Role, now: number): string {
  const goOn =
    side === 'sender'
      ? 'What arrived is kept: to go on, run it again with the same code, and have the receiver run theirs again'
      : 'What arrived is kept: to go on, have the sender run theirs again with the same code, then run yours again';
  switch (reason) {
    case 'byte-limit':
      return `The relay passes on no more bytes in one room. ${goOn}; or ask its operator for more.`;
    case 'age-limit':
      return `The relay lets no room last longer. ${goOn}.`;
    case 'quota':
      return `${side === 'sender' ? 'Your' : "The sender's"} ${quotaUsedUp(now)}. ${goOn}, then.`;
    case 'operator':
      return "The relay's operator has ended the transfer. What arrived is kept. Ask them before you go on.";
  }
}

/** For a sentence that says first whose. */
export function quotaUsedUp(now: number): string {
  return `quota at this relay is used up for today; it starts afresh at 00:00 UTC, in ${untilMidnight(now)}`;
}

/** `5 h 12 min` until 00:00 UTC, rounded up. */
function untilMidnight(now: number): string {
  const dayMs = 86_400_000;
  const minutes = Math.ceil((dayMs - (now % dayMs)) / 60_000);
  const hours = Math.floor(minutes / 60);
  const parts = [...(hours > 0 ? [`${hours} h`] : []), ...(minutes % 60 > 0 ? [`${minutes % 60} min`] : [])];
  return parts.join(' ');
}
