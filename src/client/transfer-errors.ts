import { TransferError } from './api.js';
import { RelayRefused, RelayUnreachable } from './dial.js';
import { AuthenticationError, ChannelExhausted, ProtocolError, WrongCode } from './errors.js';
import { LandingError } from './landing/errors.js';
import { endedBecause, quotaUsedUp } from './relay-endings.js';
import { LineCut, RelayEnded } from './session.js';

/** Whatever ended a transfer, as the one error that callers see: a sentence that says what to do. */
export function toTransferError(error: unknown, now = Date.now()): unknown {
  if (error instanceof TransferError) return error;
  if (error instanceof WrongCode) {
    const after =
      error.side === 'sender'
        ? ' The code is given up: send again, with a new one.'
        : ' They are told to try again.';
    return new TransferError('wrong-code', `${error.message}${error.side === 'sender' ? after : ''}`, {
      cause: error,
    });
  }
  if (error instanceof AuthenticationError)
    return new TransferError('authentication', error.message, { cause: error });
  if (error instanceof ProtocolError) return new TransferError('protocol', error.message, { cause: error });
  if (error instanceof RelayEnded)
    return new TransferError('relay', endedBecause(error.reason, now), { cause: error });
  if (error instanceof LineCut || error instanceof ChannelExhausted) {
    return new TransferError('gave-up', error.message, { cause: error });
  }
  if (error instanceof LandingError) return landing(error);
  if (error instanceof RelayUnreachable) return new TransferError('relay', error.message, { cause: error });
  if (error instanceof RelayRefused) return refused(error, now);
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

function refused(error: RelayRefused, now: number): TransferError {
  switch (error.token) {
    case 'invalid-code': {
      const tries = /You have (\d+) tries/.exec(error.message)?.[1];
      const left = tries === undefined ? '' : `; ${tries} ${tries === '1' ? 'try' : 'tries'} left`;
      return new TransferError(
        'nobody-there',
        `No sender is waiting with that code. Check the code with the sender${left}.`,
        { cause: error },
      );
    }
    case 'code-blocked':
      return new TransferError(
        'nobody-there',
        'That code is blocked for a while, after too many failed attempts. Ask the sender for a new one.',
        { cause: error },
      );
    case 'code-in-use':
      return new TransferError('relay', 'Another sender uses the digits of that code. Choose others.', {
        cause: error,
      });
    case 'room-full':
      return new TransferError(
        'relay',
        'Somebody else is receiving with that code. Check it with the sender.',
        {
          cause: error,
        },
      );
    case 'invalid-handshake': {
      const mend = 'The relay takes TLS only. Give --tls, or write relays:// before its address.';
      const isPlain = error.message.includes('takes TLS only');
      return new TransferError('relay', isPlain ? mend : `The relay says: ${error.message}`, {
        cause: error,
      });
    }
    case 'quota-exceeded':
      return new TransferError('relay', `${quotaUsedUp(now)}. Run it again then.`, { cause: error });
    case 'room-closed':
      return new TransferError(
        'relay',
        "The relay's operator has closed the room. Ask them before you run it again.",
        { cause: error },
      );
    case 'invalid-token':
      return new TransferError(
        'relay',
        'This relay takes senders with a token, and RELAY_TOKEN is not set to a valid one. Ask its operator for yours.',
        { cause: error },
      );
    default:
      return new TransferError('relay', `The relay says: ${error.message}`, { cause: error });
  }
}
