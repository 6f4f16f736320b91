import { receive as receiveAt } from '../transfer/receiving/receive.js';
import type { ReceiveOptions } from './api.js';
import { relayAt } from './dial.js';
import type { Report } from '../transfer/events.js';
import { toTransferError } from '../transfer/explain.js';
import { checkPlace as check, placeAt } from './landing/landing.js';
import { nodePlatform } from './platform.js';
import { TIMING, type Timing } from '../transfer/timing.js';

/**
 * Receives through a relay what a sender offers, onto the disk or standard output.
 * @throws TransferError, the signal's reason, what `agree` throws
 */
export async function receive(
  options: ReceiveOptions,
  report: Report,
  timing: Timing = TIMING,
): Promise<void> {
  const context = { relay: relayAt(options.relay), platform: nodePlatform, timing };
  await receiveAt({ ...options, place: placeAt(options) }, context, report);
}

/**
 * Says before anything is asked for that what comes cannot land there.
 * @throws TransferError
 */
export async function checkPlace(options: Pick<ReceiveOptions, 'output' | 'cwd'>): Promise<void> {
  await check(options).catch((error: unknown) => {
    throw toTransferError(error, 'receiver');
  });
}
