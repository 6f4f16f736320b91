import { send as sendFrom } from '../transfer/sending/send.js';
import type { Source } from '../transfer/source.js';
import type { SendOptions } from './api.js';
import { relayAt } from './dial.js';
import type { Report } from '../transfer/events.js';
import { nodePlatform } from './platform.js';
import { pathsSource, textSource } from './source/source.js';
import { streamSource } from './source/stream.js';
import { TIMING, type Timing } from '../transfer/timing.js';

/**
 * Sends files, a text or a stream through a relay, to one receiver or several.
 * @throws TransferError, the signal's reason
 */
export async function send(options: SendOptions, report: Report, timing: Timing = TIMING): Promise<void> {
  const context = { relay: relayAt(options.relay), platform: nodePlatform, timing };
  await sendFrom({ ...options, open: () => open(options.source) }, context, report);
}

async function open(from: SendOptions['source']): Promise<Source> {
  switch (from.kind) {
    case 'paths':
      return await pathsSource(from.paths);
    case 'text':
      return textSource(from.text);
    case 'stream':
      return streamSource(from.name, from.stream, Date.now());
  }
}
