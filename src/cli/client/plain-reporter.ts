import type { TransferEvent } from '../../transfer/events.js';
import { printable } from '../../transfer/names.js';
import { figures, percentOf } from './progress-line.js';
import { Rate } from './rate.js';
import type { Clock, Output, Reporter, View } from './reporter.js';
import { codeLine, linesFor, waitingLines } from './sentences.js';
import { unwrapped } from './wrap.js';

type ProgressEvent = Extract<TransferEvent, { event: 'progress' }>;

const STEP_PERCENT = 10;
const STEP_MIN_MS = 10_000;
/** A long transfer says now and then that it goes on. */
const SILENCE_MAX_MS = 60_000;

interface Peer {
  readonly rate: Rate;
  percent: number;
  toldAtMs: number;
}

/**
 * Lines for where there is no terminal, a log for instance: one at the start, one at each 10% but not within 10 s of
 * the one before, one a minute at least, and one at the end.
 */
export function plainReporter(output: Output, clock: Clock, view: View): Reporter {
  const peers = new Map<number, Peer>();
  let toldCode: string | undefined;
  let isWaiting = false;
  const line = (text: string): void => output.write(`${unwrapped(text)}\n`);

  return {
    report(event) {
      if (event.event === 'progress') return progressed(event);
      if (event.event === 'agreed') return;
      if (event.event === 'waiting') {
        if (!isWaiting) line(waitingLines(event.secondsLeft, view)[0]);
        isWaiting = true;
        return;
      }
      isWaiting = false;
      if (event.event === 'code' && event.code === toldCode) return;
      if (event.event === 'code') toldCode = event.code;
      if (event.event === 'cut') peers.get(event.peer)?.rate.restart();
      if (event.event === 'restarted') peers.delete(event.peer);
      for (const text of linesFor(event, view)) line(text);
    },
    notice: line,
    failed: (_code, sentence) => line(`relay-${view.side}: ${sentence}`),
    pause: () => undefined,
    close: () => undefined,
  };

  function progressed(event: ProgressEvent): void {
    const nowMs = clock();
    const percent = event.total === undefined ? 0 : percentOf(event.bytes, event.total);
    const peer = peers.get(event.peer) ?? { rate: new Rate(), percent, toldAtMs: nowMs };
    peers.set(event.peer, peer);
    peer.rate.add(event.bytes, nowMs);
    const silentMs = nowMs - peer.toldAtMs;
    const isStep = Math.floor(percent / STEP_PERCENT) > Math.floor(peer.percent / STEP_PERCENT);
    const isDue = isStep || event.total === undefined ? silentMs >= STEP_MIN_MS : silentMs >= SILENCE_MAX_MS;
    if (!isDue || event.bytes === event.total) return;
    peer.percent = percent;
    peer.toldAtMs = nowMs;
    const bytesPerSecond = peer.rate.bytesPerSecond(event.bytes, nowMs);
    const whose = view.peers > 1 ? `Receiver ${event.peer}: ` : '';
    const share = event.total === undefined ? '' : `${percent}%, `;
    line(`${whose}${share}${figures({ ...event, bytesPerSecond })}: ${printable(event.path)}`);
  }
}

/** `--quiet`: the code, which nobody can do without, and why it failed. */
export function quietReporter(output: Output, { side }: Pick<View, 'side'>): Reporter {
  let toldCode: string | undefined;
  return {
    report(event) {
      if (event.event !== 'code' || event.code === toldCode) return;
      toldCode = event.code;
      output.write(`${codeLine(event.code)}\n`);
    },
    notice: () => undefined,
    failed: (_code, sentence) => output.write(`relay-${side}: ${unwrapped(sentence)}\n`),
    pause: () => undefined,
    close: () => undefined,
  };
}
