import { send } from '../client/send.js';
import { ownIo } from './client/io.js';
import { ownVersion, printExit } from './flags/main.js';
import { runSend } from './client/run-send.js';
import { parseSendSettings } from './client/send-settings.js';

/**
 * Sends what the command line names.
 * @returns the exit code: 0 when every receiver has every byte, 1 where it failed, 2 for bad usage.
 */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const settings = parseSendSettings(argv, env, ownVersion());
  if (settings.kind === 'exit') return printExit(settings);
  return await runSend(settings, ownIo(env), send);
}
