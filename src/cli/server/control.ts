import type { Logger } from 'pino';
import { type Control, startControl } from '../../ops/control/control.js';
import type { Metrics } from '../../ops/metrics/metrics.js';
import { keepStats } from '../../ops/metrics/stats.js';
import type { Relay } from '../../relay/relay.js';
import type { Reload } from './reload.js';
import { controlProblem } from './start-problems.js';

export interface OpenControlOptions {
  readonly path: string;
  readonly relay: Relay;
  readonly metrics: Metrics;
  readonly version: string;
  readonly graceMs: number;
  readonly reload: Reload;
  readonly logger: Logger;
}

/**
 * Opens the socket that `relay-server ctl` commands a relay by.
 * @throws an error for people, where it cannot
 */
export async function openControl({
  path,
  relay,
  metrics,
  version,
  graceMs,
  reload,
  logger,
}: OpenControlOptions): Promise<Control> {
  const stats = keepStats(relay, metrics, version);
  const source = {
    relay,
    stats: () => stats.read(),
    // The very same: who listens for the signal need not know of this way.
    drain: () => void process.emit('SIGTERM', 'SIGTERM'),
    graceMs,
    reload: () => reload.run(),
    onCommand: (command: string, result: object) => logger.info({ command, ...result }, 'commanded'),
  };
  try {
    const onError = (error: unknown): void => logger.error({ err: error }, 'a command failed');
    const control = await startControl({ path, source, onError });
    logger.info({ path }, 'control listening');
    return {
      path,
      close() {
        stats.stop();
        return control.close();
      },
    };
  } catch (error) {
    stats.stop();
    throw new Error(controlProblem(error, path), { cause: error });
  }
}
