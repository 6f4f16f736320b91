import type { Role } from '../protocol/handshake.js';
import type { ToldRefusal } from '../protocol/parse-reply.js';
import { TLS_ONLY } from '../protocol/replies.js';
import type { TransferErrorCode } from './transfer-error.js';
import { quotaUsedUp } from './relay-endings.js';

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
