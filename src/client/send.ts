import { type SendOptions, TransferError } from './api.js';
import type { Report } from './events.js';
import { SenderFailures } from './failures.js';
import { leaveNote } from './leave-note.js';
import { privateWay } from './private-way.js';
import { reconnecting } from './reconnect.js';
import { sendOver } from './send-over.js';
import { sendToSeveral } from './send-several.js';
import { SenderDoor } from './sender-door.js';
import { pathsSource, type Source, textSource } from './source/source.js';
import { streamSource } from './source/stream.js';
import { TIMING, type Timing } from './timing.js';
import { toTransferError } from './transfer-errors.js';

/**
 * Sends to each of the receivers, over as many connections as it takes.
 * @throws TransferError, the signal's reason
 */
export async function send(options: SendOptions, report: Report, timing: Timing = TIMING): Promise<void> {
  try {
    const source = await open(options);
    if (source.skipped.count > 0) report({ event: 'skipped', ...source.skipped });
    if (source.unreadable.count > 0) report({ event: 'unreadable', ...source.unreadable });
    report({ event: 'offer', offer: source.offer });
    if (options.receivers === 1) await sendToOne(source, options, report, timing);
    else await sendToSeveral(source, options, report, timing);
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    throw toTransferError(error, 'sender');
  }
}

async function open({ source: from, receivers }: SendOptions): Promise<Source> {
  switch (from.kind) {
    case 'paths':
      return await pathsSource(from.paths);
    case 'text':
      return textSource(from.text);
    case 'stream':
      if (receivers > 1) {
        throw new TransferError(
          'source',
          'A stream can be read once, so it goes to one receiver. Send a file instead.',
        );
      }
      return streamSource(from.name, from.stream, Date.now());
  }
}

async function sendToOne(
  source: Source,
  options: SendOptions,
  report: Report,
  timing: Timing,
): Promise<void> {
  const { relay, token, giveUpAfterMs, signal } = options;
  const own = { relay, side: 'sender', token, timing } as const;
  const failures = new SenderFailures();
  await reconnecting({
    giveUpAfterMs: () => giveUpAfterMs,
    signal,
    report,
    peer: 1,
    // It is there for whoever comes, however late.
    countsWaiting: false,
    door: new SenderDoor(options, report, timing),
    doorAfterMs: timing.doorAfterMs.sender,
    privately: (room) => privateWay(room, own),
    async run(session) {
      report({ event: 'connected', peer: 1 });
      await sendOver(session, source, failures, signal, report, 1);
      return undefined;
    },
    leave: (room) => leaveNote(room, own),
    timing,
  });
  failures.expectNone();
}
