import { createRequire } from 'node:module';
import { ownVersion, printExit } from './flags/main.js';
import { inherited } from './server/inherited.js';
import type * as Running from './server/run.js';
import { COMMANDS, parseSettings } from './server/program.js';

/**
 * Runs the relay until a signal ends it, or does what the command that is named first does.
 * @returns the exit code: 0 after a signal, 1 where it cannot start, 2 for bad usage; or the command's.
 */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const command = COMMANDS.get(argv[2] ?? '');
  if (command !== undefined) return await (await command.load()).main(argv.slice(3), env);
  const version = ownVersion();
  const settings = parseSettings(argv, env, version);
  if (settings.kind === 'exit') return printExit(settings);
  // One file after the other. An import opens them all at once: more than a low limit of open files lets it.
  const { run } = createRequire(import.meta.url)('./server/run.js') as typeof Running;
  try {
    return await run(settings, version, env, inherited(env, process));
  } catch (error) {
    process.stderr.write(`relay-server: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
