import { Writable } from 'node:stream';
import { createLogUpdate } from 'log-update';
import type { TransferEvent } from '../../client/events.js';
import { progressLine } from './progress-line.js';
import { Rate } from './rate.js';
import type { Clock, Reporter, View } from './reporter.js';
import { linesFor, retryingLine, waitingLine } from './sentences.js';

type ProgressEvent = Extract<TransferEvent, { event: 'progress' }>;

/** A terminal, as `tty.WriteStream` is one. Some say 0 columns for a size that nobody has told them. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

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
  const screen = screenOf(terminal);
  const moving = createLogUpdate(screen, { showCursor: true });
  const peers = new Map<number, Peer>();
  let waiting: Countdown | undefined;
  /** Why the line was cut, where that is the last that was told; then the next try for the same reason only moves. */
  let cutBecause: string | undefined;
  let retrying: Countdown | undefined;
  let drawnAtMs = -Infinity;
  let isDrawn = false;
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
    if (nowMs - drawnAtMs >= DRAW_EVERY_MS) draw();
  }

  function stay(lines: readonly string[]): void {
    erase();
    for (const line of lines) screen.write(`${line}\n`);
    draw();
  }

  function draw(): void {
    const nowMs = clock();
    const lines = movingLines(nowMs);
    if (lines.length === 0) return erase();
    drawnAtMs = nowMs;
    isDrawn = true;
    moving(lines.join('\n'));
    timer ??= setInterval(draw, TICK_MS).unref();
  }

  function movingLines(nowMs: number): string[] {
    if (waiting !== undefined) return [waitingLine(secondsLeft(waiting, nowMs), view)];
    if (retrying !== undefined) return [retryingLine(secondsLeft(retrying, nowMs))];
    const columns = screen.columns;
    return [...peers.values()]
      .sort((a, b) => a.event.peer - b.event.peer)
      .map(({ event, rate }) => {
        const bytesPerSecond = rate.bytesPerSecond(event.bytes, nowMs);
        const peer = view.peers > 1 ? event.peer : undefined;
        // The last column stays free: some terminals go to the next line when it is written.
        return progressLine({ ...event, bytesPerSecond, peer }, columns - 1);
      });
  }

  function erase(): void {
    if (isDrawn) moving.clear();
    isDrawn = false;
  }

  function forget(): void {
    waiting = retrying = cutBecause = undefined;
    peers.clear();
    erase();
    clearInterval(timer);
    timer = undefined;
  }
}

/** What log-update draws on, of a size that can be drawn on. Everything passes through it, in order. */
function screenOf(terminal: Terminal): Writable & { readonly columns: number; readonly isTTY: true } {
  const screen = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, callback) {
      terminal.write(text);
      callback();
    },
  });
  return Object.defineProperties(screen, {
    isTTY: { value: true },
    columns: { get: () => sizeOr(terminal.columns, 80) },
    rows: { get: () => sizeOr(terminal.rows, 24) },
  }) as Writable & { readonly columns: number; readonly isTTY: true };
}

function sizeOr(told: number | undefined, fallback: number): number {
  return told === undefined || told < 1 ? fallback : told;
}
