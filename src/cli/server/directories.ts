import { join } from 'node:path';

/** Directories that the service manager makes for a relay (systemd.exec(5)), and what stands in them. */

/** Below a runtime directory. */
const FILE = 'control.sock';

/** Where the unit of docs/systemd puts it. */
const USUAL = `/run/relay-server/${FILE}`;

/** Where a relay is commanded: as it was told, or else where the service manager has made a directory for it, or nowhere. */
export function controlPath(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const directory = firstOf(env['RUNTIME_DIRECTORY']);
  return given ?? (directory === undefined ? undefined : join(directory, FILE));
}

/** The same for `ctl`, which has to look somewhere. */
export function controlPathToAsk(given: string | undefined, env: NodeJS.ProcessEnv): string {
  return controlPath(given, env) ?? USUAL;
}

/** Where what outlives a restart is kept; undefined where there is no place for it. */
export function stateDirectory(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return given ?? firstOf(env['STATE_DIRECTORY']);
}

/** Of several, with colons between, the first. */
function firstOf(directories = ''): string | undefined {
  const [first = ''] = directories.split(':', 1);
  return first === '' ? undefined : first;
}
