import type { RoomCounts } from '../../ops/metrics/metrics.js';
import { count, formatBytes } from '../text/format.js';

export interface StatusLineOptions {
  readonly rooms: () => RoomCounts;
  /** Payload bytes passed on since the start. */
  readonly relayedBytes: () => number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** What a relay does, in one line: `12 rooms, 3 paired, 41 MB/s`. The rate is that since the last call. */
export function createStatusLine({ rooms, relayedBytes, now }: StatusLineOptions): () => string {
  let bytes = relayedBytes();
  let at = now();
  return () => {
    const { waiting, paired, held } = rooms();
    const [bytesNow, atNow] = [relayedBytes(), now()];
    const perSecond = atNow > at ? ((bytesNow - bytes) / (atNow - at)) * 1000 : 0;
    [bytes, at] = [bytesNow, atNow];
    return `${count(waiting + paired + held, 'room')}, ${paired} paired, ${formatBytes(perSecond)}/s`;
  };
}
