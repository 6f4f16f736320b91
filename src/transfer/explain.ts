import type { Role } from '../protocol/handshake.js';
import { TransferError } from './transfer-error.js';
import { RelayRefused, RelayUnreachable } from './meeting/join.js';
import { AuthenticationError, ChannelExhausted, ProtocolError, WrongCode } from './errors.js';
import { LandingError } from './landing.js';
import { endedBecause } from './relay-endings.js';
import { LineCut, RelayEnded } from './line-cut.js';

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
  if (error instanceof RelayRefused) return new TransferError(error.code, error.message, { cause: error });
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
