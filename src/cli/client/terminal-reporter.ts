import type { TransferEvent } from '../../transfer/events.js';
import { MovingLines, sizeOf, type Terminal } from './moving-lines.js';
import { fitting, progressLine } from './progress-line.js';
import { Rate } from './rate.js';
import type { Clock, Reporter, View } from './reporter.js';
import { AGREEING_LINES, linesFor, retryingLine, waitingLines } from './sentences.js';
import { wrap } from './wrap.js';

type ProgressEvent = Extract<TransferEvent, { event: 'progress' }>;

const DRAW_EVERY_MS = 100;
/** Nothing may come for a while: the rate and the time left change all the same. */
const TICK_MS = 1_000;

interface Peer {
  readonly rate: Rate;
  event: ProgressEvent;
}

interface Countdown {
  readonly untilMs: number;
}

function secondsLeft({ untilMs }: Countdown, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
}

/** Lines that stay for what happens, and below them what moves: a line of progress for each receiver, or the wait. */
export function terminalReporter(terminal: Terminal, clock: Clock, view: View): Reporter {
  const moving = new MovingLines(terminal);
  // The last column stays free: some terminals go to the next line when it is written.
  const columns = (): number => sizeOf(terminal).columns - 1;
  const peers = new Map<number, Peer>();
  let waiting: Countdown | undefined;
  /** Why the line was cut, where that is the last that was told; then the next try for the same reason only moves. */
  let cutBecause: string | undefined;
  let retrying: Countdown | undefined;
  let drawnAtMs = -Infinity;
  /** The one receiver has the offer before it. */
  let isAgreeing = false;
  let toldCode: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  return {
    report(event) {
      if (event.event === 'progress') return progressed(event);
      const wasCutBecause = cutBecause;
      cutBecause = event.event === 'cut' && view.peers === 1 ? event.why : undefined;
      retrying = undefined;
      if (event.event === 'cut' && event.why === wasCutBecause) {
        retrying = { untilMs: clock() + event.retryInMs };
        return draw();
      }
      if (event.event === 'waiting') {
        waiting = { untilMs: clock() + event.secondsLeft * 1_000 };
        return draw();
      }
      if (event.event === 'code' && event.code === toldCode) return;
      if (event.event === 'code') toldCode = event.code;
      waiting = undefined;
      isAgreeing = event.event === 'connected' && view.side === 'send' && view.peers === 1;
      if (event.event === 'agreed') return draw();
      // What was drawn of this one is over, or does not count any more.
      if (event.event === 'done' || event.event === 'cut' || event.event === 'restarted')
        peers.delete(event.peer);
      stay(linesFor(event, view));
    },
    notice: (sentence) => stay([sentence]),
    failed(_code, sentence) {
      forget();
      stay([`relay-${view.side}: ${sentence}`]);
    },
    pause: forget,
    close: forget,
  };

  function progressed(event: ProgressEvent): void {
    const nowMs = clock();
    const peer = peers.get(event.peer) ?? { rate: new Rate(), event };
    peers.set(event.peer, peer);
    peer.event = event;
    peer.rate.add(event.bytes, nowMs);
    waiting = undefined;
    isAgreeing = false;
    if (nowMs - drawnAtMs >= DRAW_EVERY_MS) draw();
  }

  function stay(lines: readonly string[]): void {
    moving.clear();
    for (const line of lines.flatMap((each) => wrap(each, columns()))) terminal.write(`${line}\n`);
    draw();
  }

  function draw(): void {
    const nowMs = clock();
    const lines = movingLines(nowMs);
    if (lines.length === 0) return moving.clear();
    drawnAtMs = nowMs;
    moving.draw(lines);
    timer ??= setInterval(draw, TICK_MS).unref();
  }

  function movingLines(nowMs: number): string[] {
    if (waiting !== undefined) return [fitting(waitingLines(secondsLeft(waiting, nowMs), view), columns())];
    if (retrying !== undefined) return [fitting([retryingLine(secondsLeft(retrying, nowMs))], columns())];
    if (isAgreeing) return [fitting(AGREEING_LINES, columns())];
    return [...peers.values()]
      .sort((a, b) => a.event.peer - b.event.peer)
      .map(({ event, rate }) => {
        const bytesPerSecond = rate.bytesPerSecond(event.bytes, nowMs);
        const peer = view.peers > 1 ? event.peer : undefined;
        return progressLine({ ...event, bytesPerSecond, peer }, columns());
      });
  }

  function forget(): void {
    waiting = retrying = cutBecause = undefined;
    isAgreeing = false;
    peers.clear();
    moving.clear();
    clearInterval(timer);
    timer = undefined;
  }
}
