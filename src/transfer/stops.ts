import type { Offer } from './entry.js';
import { TransferError } from './transfer-error.js';
import type { StopMessage } from './transfer-messages.js';

/** What the receiver is told where its sender stops. */
export function stoppedBySender(why: StopMessage['why']): TransferError {
  if (why === 'full') {
    return new TransferError('stopped', 'The sender serves as many receivers as it wants already.');
  }
  return why === 'source'
    ? new TransferError(
        'source',
        'The sender could not read what it sends, or it changed. What arrived is kept.',
      )
    : new TransferError(
        'stopped',
        'The sender stopped. What arrived is kept: to go on, run the same command when they send again.',
      );
}

/** What a sender is told where its receiver stops. */
export function stoppedByReceiver(why: StopMessage['why'], { kind }: Offer): TransferError {
  switch (why) {
    case 'declined':
      return new TransferError('declined', 'The receiver did not agree to the transfer. Nothing was sent.');
    case 'destination':
      return new TransferError(
        'destination',
        'The receiver could not write what came. It sees why; send again when that is mended.',
      );
    case 'mismatch':
      return new TransferError(
        'mismatch',
        'The receiver found that what came is not what was offered, or not whole. Send it again.',
      );
    case 'exists':
      return new TransferError(
        'exists',
        'The receiver has something of that name already. They can take it with --overwrite or --rename: send it again then.',
      );
    case 'hostile-offer':
      return new TransferError(
        'hostile-offer',
        'The receiver does not take names like these. Rename, and send again.',
      );
    case 'full':
    case 'source':
    case 'stopped':
      return new TransferError(
        'stopped',
        kind === 'stream'
          ? 'The receiver stopped. What came from standard input cannot be read again: to send it, run the whole command again.'
          : 'The receiver stopped. What arrived is kept: to go on, send again with the same code.',
      );
  }
}
