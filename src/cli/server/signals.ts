import type { Logger } from 'pino';
import type { Relay } from '../../relay/relay.js';
import { inheritedIgnored, ownTraces } from '../inherited-signals.js';

export interface SignalsOptions {
  readonly relay: Relay;
  readonly graceMs: number;
  readonly logger: Logger;
  /** The first signal came: the relay ends within its grace. */
  readonly onStopping: () => void;
  /** Starts a successor; whether it has taken over. */
  readonly upgrade: () => Promise<boolean>;
  /** What whoever started it had it ignore. (A SIGHUP ends it in no case.) */
  readonly ignored?: ReadonlySet<string>;
}

const ignore = (): void => undefined;

/** Resolves when a first signal has drained the relay, a second one has ended it, or a successor has its work. */
export async function untilStopped({
  relay,
  graceMs,
  logger,
  onStopping,
  upgrade,
  ignored = inheritedIgnored(ownTraces(process.env)),
}: SignalsOptions): Promise<void> {
  await new Promise<void>((resolve) => {
    let isStopping = false;
    let isUpgrading = false;
    const stop = (signal: NodeJS.Signals): void => {
      const again = isStopping;
      isStopping = true;
      const { rooms } = relay;
      // First, so that whoever reads of it finds the port closed.
      const closing = relay.close({ graceMs: again ? 0 : graceMs });
      if (again) logger.info({ signal, rooms }, 'ending at once');
      else logger.info({ signal, rooms, graceMs, secondSignal: 'ends it at once' }, 'draining');
      if (!again) onStopping();
      void closing.then(resolve);
    };
    const makeWay = async (): Promise<void> => {
      if (relay.draining) return logger.warn('no upgrade now: this relay is on its way out');
      if (isUpgrading) return logger.warn('no upgrade now: one is under way');
      isUpgrading = true;
      if (await upgrade()) void relay.close({ graceMs }).then(resolve);
      else isUpgrading = false;
    };
    process.on('SIGTERM', stop).on('SIGINT', ignored.has('SIGINT') ? ignore : stop);
    process.on('SIGUSR2', () => void makeWay());
  });
  logger.info('stopped');
}
