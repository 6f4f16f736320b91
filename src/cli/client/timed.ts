import type { Clock, Reporter } from './reporter.js';

interface Transfer {
  readonly startedAtMs: number;
  /** Bytes that were there from before. */
  had: number;
  isCut: boolean;
}

/** Tells `reporter` at the end of each transfer how long it took, and how fast it was. */
export function timed(reporter: Reporter, clock: Clock): Reporter {
  const transfers = new Map<number, Transfer>();
  return {
    ...reporter,
    report(event) {
      const transfer = 'peer' in event ? transfers.get(event.peer) : undefined;
      if (event.event === 'agreed' && transfer === undefined)
        transfers.set(event.peer, { startedAtMs: clock(), had: 0, isCut: false });
      if (transfer !== undefined) {
        if (event.event === 'cut') transfer.isCut = true;
        // After a cut they are those of this very transfer.
        if (event.event === 'resumed' && !transfer.isCut) transfer.had = event.bytes;
        if (event.event === 'restarted') transfer.had = 0;
        if (event.event === 'done') {
          const seconds = Math.max(1, Math.round(clock() - transfer.startedAtMs)) / 1_000;
          const bytesPerSecond = Math.round(Math.max(0, event.bytes - transfer.had) / seconds);
          return reporter.report({ ...event, seconds, bytesPerSecond });
        }
      }
      reporter.report(event);
    },
  };
}
