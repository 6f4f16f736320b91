import type { TransferEvent } from '../../transfer/events.js';
import { escapeJson } from '../text/escape.js';
import type { Clock, Output, Reporter } from './reporter.js';
import { codeLine } from './sentences.js';
import { unwrapped } from './wrap.js';

/** Progress of one receiver is told this often at most; the last of it always. */
const PROGRESS_EVERY_MS = 500;

/**
 * `--json`: one event a line, as `TransferEvent` has them, and at a failure
 * `{"event":"error","code":"…","message":"…"}`. The line `Code: …` stands in it too, the only one that is no JSON, for
 * scripts that look for that line in every form.
 */
export function jsonReporter(output: Output, clock: Clock): Reporter {
  const toldAtMs = new Map<number, number>();
  let toldCode: string | undefined;
  const write = (event: object): void => output.write(`${escapeJson(JSON.stringify(event))}\n`);
  return {
    report(event) {
      if (event.event === 'progress' && !isDue(event)) return;
      if (event.event === 'code' && event.code !== toldCode) {
        toldCode = event.code;
        output.write(`${codeLine(event.code)}\n`);
      }
      if (event.event === 'done') return done(event);
      write(event);
    },
    notice: () => undefined,
    failed(code, sentence, again) {
      const command = again === undefined ? {} : { command: unwrapped(again) };
      write({ event: 'error', code, message: unwrapped(sentence), ...command });
    },
    pause: () => undefined,
    close: () => undefined,
  };

  /** How long it took is an event of its own, so that the last one stays what scripts know. */
  function done({ seconds, bytesPerSecond, ...event }: Extract<TransferEvent, { event: 'done' }>): void {
    if (seconds !== undefined) write({ event: 'took', seconds, bytesPerSecond, peer: event.peer });
    write(event);
  }

  function isDue({ peer, bytes, total }: Extract<TransferEvent, { event: 'progress' }>): boolean {
    const nowMs = clock();
    const isDue = bytes === total || nowMs - (toldAtMs.get(peer) ?? -Infinity) >= PROGRESS_EVERY_MS;
    if (isDue) toldAtMs.set(peer, nowMs);
    return isDue;
  }
}
