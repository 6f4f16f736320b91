import { readdir } from 'node:fs/promises';
import { openFilesLimit } from '../../relay/open-files.js';
import type { Relay } from '../../relay/relay.js';
import type { Metrics, Totals } from './metrics.js';
import { startPulse } from './pulse.js';

/** What `ctl stats` tells. */
export interface Stats extends Totals {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly draining: boolean;
  readonly rooms: Relay['rooms'];
  /** Over the last ten seconds. */
  readonly perSecond: {
    readonly connectionsTotal: number;
    readonly pairings: number;
    readonly relayedBytes: number;
  };
  readonly blockedSources: number;
  readonly loopDelayP99Ms: number;
  readonly residentBytes: number;
  /** Null where the system does not say. */
  readonly openFiles: number | null;
  readonly openFilesLimit: number;
}

export interface StatsKeeper {
  read(): Promise<Stats>;
  stop(): void;
}

/** Keeps what cannot be read off at one moment: rates, and how late the event loop is. */
export function keepStats(
  relay: Pick<Relay, 'rooms' | 'draining' | 'blocked'>,
  metrics: Pick<Metrics, 'totals'>,
  version: string,
): StatsKeeper {
  const pulse = startPulse(() => {
    const { connectionsTotal, pairings, relayedBytes } = metrics.totals();
    return { connectionsTotal, pairings, relayedBytes };
  });
  return {
    async read() {
      // Asked for before the rest, so that all of that is of one moment.
      const openFiles = await countOpenFiles();
      return {
        version,
        uptimeSeconds: Math.floor(process.uptime()),
        draining: relay.draining,
        rooms: relay.rooms,
        ...metrics.totals(),
        perSecond: pulse.rates(),
        blockedSources: relay.blocked().length,
        loopDelayP99Ms: pulse.loopDelayP99Ms(),
        residentBytes: process.memoryUsage.rss(),
        openFiles,
        openFilesLimit: openFilesLimit(),
      };
    },
    stop: () => pulse.stop(),
  };
}

async function countOpenFiles(): Promise<number | null> {
  try {
    // One of them is the directory that is being read.
    return (await readdir('/proc/self/fd')).length - 1;
  } catch {
    // Only Linux has it.
    return null;
  }
}
