import { receive } from '../client/receive.js';
import { currentDirectory, ownIo } from './client/io.js';
import { ownVersion, printExit } from './flags/main.js';
import { runReceive } from './client/run-receive.js';
import { parseReceiveSettings } from './client/receive-settings.js';

/**
 * Receives what is offered under the code.
 * @returns the exit code: 0 when every byte is verified and in its place, 1 where it failed, 2 for bad usage.
 */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const settings = parseReceiveSettings(argv, env, ownVersion());
  if (settings.kind === 'exit') return printExit(settings);
  return await runReceive(settings, ownIo(env), currentDirectory() ?? '/', receive);
}
