import { QuotaStore, type QuotaStoreOptions } from '../../quotas/store.js';
import type { RunSettings } from './settings.js';

/** Where daily quotas are kept over a restart; undefined where there are none, or no place for them. */
export async function openQuotas(
  { relay: { dailyQuotaBytes = 0 }, stateDir }: Pick<RunSettings, 'relay' | 'stateDir'>,
  env: NodeJS.ProcessEnv,
  logger: QuotaStoreOptions['logger'],
): Promise<QuotaStore | undefined> {
  if (dailyQuotaBytes === 0) return undefined;
  // systemd may name several, with colons between.
  const dir = stateDir ?? env['STATE_DIRECTORY']?.split(':')[0];
  if (dir === undefined || dir === '') {
    logger.warn({}, 'quotas are kept in memory only: set --state-dir to keep them over a restart');
    return undefined;
  }
  return await QuotaStore.open({ dir, wallNow: () => Date.now(), logger });
}
