import { HEARTBEAT_SECONDS } from '../../protocol/limits.js';
import type { StreamEnd } from '../wire/wire.js';
import type { Link } from './link.js';

/**
 * Tells a client how long it has to wait, now and again.
 *
 * @param deadline when its wait is over, in milliseconds of the clock `now`
 * @returns what stops it
 */
function startHeartbeat(link: Link, deadline: number, now: () => number): () => void {
  const tell = (): void => {
    link.say(link.voice.waiting(Math.max(0, Math.ceil((deadline - now()) / 1000))));
  };
  tell();
  const timer = setInterval(tell, HEARTBEAT_SECONDS * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

export interface WaitingOptions {
  /** When its wait is over, in milliseconds of the clock `now`. */
  readonly deadline: number;
  /** It asked for status lines. */
  readonly status: boolean;
  readonly now: () => number;
  /** It left its room by itself, or is gone. */
  readonly onLeft: (end: StreamEnd) => void;
  /** It will send nothing more, and stays in its room. */
  readonly onHalfClosed: () => void;
}

/**
 * A client waits for its room to be complete.
 * @returns what ends that
 */
export function startWaiting(
  link: Link,
  { deadline, status, now, onLeft, onHalfClosed }: WaitingOptions,
): () => void {
  const { inlet, wire } = link;
  const stopHeartbeat = status ? startHeartbeat(link, deadline, now) : ignore;
  inlet.onEnd = (end) => {
    if (end === 'lost' || status) return onLeft(end);
    // Half-closed, or closed whole behind a small file: what it sent is kept. A probe to a socket that was
    // closed whole would be answered by a reset.
    wire.tcp.setKeepAlive(false);
    onHalfClosed();
  };
  // Nobody takes anything yet: read ahead, as far as the inlet holds it, to see the client leave.
  inlet.read(0);
  return () => {
    stopHeartbeat();
    inlet.onEnd = ignore;
  };
}

function ignore(): void {
  // There is no heartbeat, or nobody listens any more.
}
