import type { StreamEnd } from '../wire/wire.js';
import type { Link } from './link.js';

export interface WaitingOptions {
  /** When its wait is over, in milliseconds of the clock `now`; undefined: nobody can say yet, so it is told nothing. */
  readonly deadline: number | undefined;
  readonly now: () => number;
  /** It left its room by itself, or is gone. */
  readonly onLeft: (end: StreamEnd) => void;
  /** It will send nothing more, and stays in its room. */
  readonly onHalfClosed: () => void;
}

/**
 * A client waits: for its room to be complete, or for one that has to be asked where its room is.
 * @returns what ends that
 */
export function startWaiting(
  link: Link,
  { deadline, now, onLeft, onHalfClosed }: WaitingOptions,
): () => void {
  const { inlet, wire, voice } = link;
  const stopHeartbeat = deadline === undefined ? undefined : startHeartbeat(link, deadline, now);
  inlet.onEnd = (end) => {
    if (end === 'lost' || voice.finWhileWaiting === 'leaves') return onLeft(end);
    // Half-closed, or closed whole behind a small file: what it sent is kept. A probe to a socket that was
    // closed whole would be answered by a reset.
    wire.tcp.setKeepAlive(false);
    onHalfClosed();
  };
  // Nobody takes anything yet: read ahead, as far as the inlet holds it, to see the client leave.
  inlet.read(0);
  return () => {
    stopHeartbeat?.();
    inlet.onEnd = ignore;
  };
}

/** Tells a client now and again how long it has to wait, where its dialect has words for that. */
function startHeartbeat(link: Link, deadline: number, now: () => number): (() => void) | undefined {
  const { voice } = link;
  if (voice.heartbeatMs === undefined) return undefined;
  const tell = (): void => link.say(voice.waiting(Math.max(0, Math.ceil((deadline - now()) / 1000))));
  tell();
  const timer = setInterval(tell, voice.heartbeatMs);
  timer.unref();
  return () => clearInterval(timer);
}

function ignore(): void {
  // Nobody listens any more.
}
