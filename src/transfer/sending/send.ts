import type { Report } from '../events.js';
import { SenderFailures } from '../failed-entries.js';
import { leaveNote } from '../meeting/leave-note.js';
import { privateWay } from '../meeting/private-way.js';
import { reconnecting } from '../meeting/reconnect.js';
import { sendOver } from './send-over.js';
import { sendToSeveral, type SeveralOptions } from './send-several.js';
import { SenderDoor } from '../meeting/sender-door.js';
import { toTransferError } from '../explain.js';
import type { Context } from '../context.js';
import type { Source } from '../source.js';
import { TransferError } from '../transfer-error.js';

export interface SendOptions extends SeveralOptions {
  /** Looks at what is to be sent. @throws SourceError */
  readonly open: () => Promise<Source>;
}

/**
 * Sends to each of the receivers, over as many connections as it takes. Resolves when every receiver has said that it
 * holds every byte.
 * @throws TransferError, the signal's reason
 */
export async function send(options: SendOptions, context: Context, report: Report): Promise<void> {
  try {
    const source = await options.open();
    if (source.offer.kind === 'stream' && options.receivers > 1) {
      throw new TransferError(
        'source',
        'A stream can be read once, so it goes to one receiver. Send a file instead.',
      );
    }
    if (source.skipped.count > 0) report({ event: 'skipped', ...source.skipped });
    if (source.unreadable.count > 0) report({ event: 'unreadable', ...source.unreadable });
    report({ event: 'offer', offer: source.offer });
    if (options.receivers === 1) await sendToOne(source, options, context, report);
    else await sendToSeveral(source, options, context, report);
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    throw toTransferError(error, 'sender');
  }
}

async function sendToOne(
  source: Source,
  options: SendOptions,
  context: Context,
  report: Report,
): Promise<void> {
  const { token, giveUpAfterMs, signal } = options;
  const own = { side: 'sender', token } as const;
  const failures = new SenderFailures();
  await reconnecting({
    giveUpAfterMs: () => giveUpAfterMs,
    signal,
    report,
    peer: 1,
    // It is there for whoever comes, however late.
    countsWaiting: false,
    door: new SenderDoor(options, context, report),
    doorAfterMs: context.timing.doorAfterMs.sender,
    privately: (room) => privateWay(room, own, context),
    async run(session) {
      report({ event: 'connected', peer: 1 });
      await sendOver(session, {
        source,
        failures,
        signal,
        report,
        peer: 1,
        clock: () => context.platform.now(),
      });
      return undefined;
    },
    leave: (room) => leaveNote(room, own, context),
    context,
  });
  failures.expectNone();
}
