import type { Logger } from 'pino';
import { type Admin, startAdmin } from '../../ops/http/admin.js';
import { CertificateKeeper } from '../../ops/certificates/keeper.js';
import type { Control } from '../../ops/control/control.js';
import { createConnectionLog } from '../../ops/log/connection-log.js';
import { createLog } from '../../ops/log/log.js';
import { createMetrics, type Metrics } from '../../ops/metrics/metrics.js';
import { loadSenders } from '../../ops/senders/known-senders.js';
import { QuotaStore } from '../../quotas/store.js';
import { createServiceManager } from '../../ops/service-manager.js';
import type { ConnectionRecord, Observer } from '../../relay/observer.js';
import { DEFAULTS } from '../../relay/options.js';
import { openFilesLimit } from '../../relay/open-files.js';
import type { RelayAddress } from '../../relay/listener.js';
import { DIALECTS } from '../../relay/dialects/table.js';
import { createRelay, type Relay, type StartOptions } from '../../relay/relay.js';
import { openControl } from './control.js';
import { controlPath, stateDirectory } from './directories.js';
import { createReload } from './reload.js';
import { type RunSettings, unknownVariables } from './settings.js';
import { untilStopped } from './signals.js';
import { listenProblem } from './start-problems.js';
import { createStatusLine } from './status-line.js';
import { upgrade } from './upgrade.js';

/**
 * Runs the relay until a signal ends it.
 * @param given what another process hands over
 * @returns the exit code
 * @throws an error for people, where it cannot start
 */
export async function run(
  settings: RunSettings,
  version: string,
  env: NodeJS.ProcessEnv,
  given: StartOptions,
): Promise<number> {
  const { sendersFile } = settings;
  const senders = sendersFile === undefined ? undefined : await loadSenders(sendersFile);
  const certificate = settings.tls && (await CertificateKeeper.load(settings.tls));
  const log = createLog({ ...settings.log, stdout: process.stdout });
  const { logger } = log;
  const connectionLog = createConnectionLog({ logger });
  const metrics: Metrics = createMetrics({
    rooms: () => relay.rooms,
    processMetrics: settings.admin !== undefined,
    senders: senders && (() => senders.names),
    certificateEnd: certificate && (() => certificate.current.expiresAt),
  });
  const quotas = await openQuotas(settings, env, logger);
  const relay = createRelay({
    ...settings.relay,
    dailyCounts: quotas?.counts,
    dialects: settings.speak?.map((name) => DIALECTS[name]),
    proxyProtocol: settings.proxyProtocol,
    tls: certificate && { ...certificate.current, only: settings.tls.only },
    authorize: senders && ((token) => senders.authorize(token)),
    observer: observing(metrics, (record) => connectionLog.connectionEnded(record)),
    onFault: (error) => logger.error({ err: error }, 'fault'),
    onNotice: (notice) => logger.warn(notice),
  });
  let admin: Admin | undefined;
  let control: Control | undefined;
  let reopened: Promise<void> | undefined;
  const reload = createReload(logger);
  if (senders !== undefined) reload.add('senders file', () => senders.reload());
  certificate?.start({ logger, use: (renewed) => relay.renewCertificate(renewed) });
  if (certificate !== undefined) reload.add('certificate', () => certificate.reload());
  process.on('SIGHUP', () => void reload.run());
  const graceMs = settings.relay.shutdownGraceMs ?? DEFAULTS.shutdownGraceMs;
  const manager = createServiceManager({
    env,
    pid: process.pid,
    status: createStatusLine({
      rooms: () => relay.rooms,
      relayedBytes: () => metrics.totals().relayedBytes,
      now: () => performance.now(),
    }),
    onProblem: (problem) => logger.warn(problem),
  });
  const stopping = new AbortController();
  // Before it listens, so that a signal at the start is heard too.
  const stopped = untilStopped({
    relay,
    graceMs,
    logger,
    onStopping() {
      stopping.abort();
      manager?.stopping(graceMs);
    },
    async upgrade() {
      const ports = { yielded: false };
      const yieldPorts = (): void => {
        ports.yielded = true;
        void admin?.close();
        void control?.close();
      };
      const successor = await upgrade({ relay, logger, yieldPorts, stopping: stopping.signal });
      if (successor === undefined && ports.yielded && !relay.draining) {
        reopened = openPorts().catch((error: unknown) =>
          logger.error({ err: error }, 'after a failed upgrade, not all is open again'),
        );
        await reopened;
      }
      // From here on the successor speaks for the service.
      if (successor !== undefined) await manager?.succeededBy(successor);
      return successor !== undefined;
    },
  });
  const openPorts = async (): Promise<void> => {
    if (settings.admin !== undefined) {
      const options = {
        ...settings.admin,
        source: adminSource(relay, metrics, version),
        onError: (error: unknown) => logger.error({ err: error }, 'an admin page failed'),
      };
      admin = await starting('admin-', settings.admin, () => startAdmin(options));
      logger.info({ host: admin.host, port: admin.port }, 'admin listening');
    }
    const path = controlPath(settings.control, env);
    if (path !== undefined) {
      control = await openControl({ path, relay, metrics, version, graceMs, reload, logger });
    }
  };
  try {
    const { host, port } = await startRelay(relay, settings, given, openPorts);
    warnOfLimits(settings, logger);
    for (const one of unknownVariables(env)) logger.warn(one, 'unknown variable: it changes nothing');
    logger.info({ host, port, version }, 'listening');
    manager?.ready();
    await stopped;
    return 0;
  } catch (error) {
    if (!relay.draining) throw error;
    // A signal came while it started.
    await stopped;
    return 0;
  } finally {
    await relay.close({ graceMs: 0 });
    await reopened;
    await quotas?.close();
    certificate?.close();
    connectionLog.close();
    await admin?.close();
    await control?.close();
    metrics.close();
    await manager?.close();
    await log.close();
  }
}

/** Where daily quotas are kept over a restart; undefined where there are none, or no place for them. */
async function openQuotas(
  { relay: { dailyQuotaBytes = 0 }, stateDir }: RunSettings,
  env: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<QuotaStore | undefined> {
  if (dailyQuotaBytes === 0) return undefined;
  const dir = stateDirectory(stateDir, env);
  if (dir !== undefined) return await QuotaStore.open({ dir, wallNow: () => Date.now(), logger });
  logger.warn({}, 'quotas are kept in memory only: set --state-dir to keep them over a restart');
  return undefined;
}

function observing(metrics: Metrics, onEnded: (record: ConnectionRecord) => void): Observer {
  return {
    ...metrics,
    connectionEnded(record) {
      metrics.connectionEnded(record);
      onEnded(record);
    },
  };
}

function adminSource(relay: Relay, metrics: Metrics, version: string) {
  return {
    version,
    uptimeSeconds: () => Math.floor(process.uptime()),
    draining: () => relay.draining,
    snapshot: () => ({ ...metrics.totals(), rooms: relay.rooms }),
    metrics,
  };
}

/** A relay that runs out of open files closes connections without a word: say so before. */
function warnOfLimits({ relay }: RunSettings, logger: Logger): void {
  const openFiles = openFilesLimit();
  const { maxConnections } = relay;
  if (maxConnections === undefined || maxConnections < openFiles) return;
  logger.warn(
    { maxConnections, openFiles },
    'max-connections is above the open-files limit: raise that limit',
  );
}

/**
 * Listens, and opens the other ports: behind that, since they say that the relay is ready. A successor opens them first, while
 * the one before still serves: its socket listens already.
 */
async function startRelay(
  relay: Relay,
  settings: RunSettings,
  given: StartOptions,
  openPorts: () => Promise<void>,
): Promise<RelayAddress> {
  if (given.predecessor !== undefined) return await relay.start({ ...given, prepare: openPorts });
  const address = await starting('', settings.relay, () => relay.start(given));
  await openPorts();
  return address;
}

/** Starts to listen; where it cannot, the error says in one line why, and which flag to change. */
async function starting<Result>(
  prefix: '' | 'admin-',
  given: { readonly host?: string | undefined },
  start: () => Promise<Result>,
): Promise<Result> {
  try {
    return await start();
  } catch (error) {
    throw new Error(listenProblem(error, prefix, given.host ?? ''), { cause: error });
  }
}
