import { HEARTBEAT_SECONDS } from '../protocol/limits.js';
import type { Link } from './link.js';

/**
 * Tells a client how long it has to wait, now and again.
 *
 * @param deadline when its wait is over, in milliseconds of the clock `now`
 * @returns what stops it
 */
export function startHeartbeat(link: Link, deadline: number, now: () => number): () => void {
  const tell = (): void => {
    link.say(link.voice.waiting(Math.max(0, Math.ceil((deadline - now()) / 1000))));
  };
  tell();
  const timer = setInterval(tell, HEARTBEAT_SECONDS * 1000);
  timer.unref();
  return () => clearInterval(timer);
}
