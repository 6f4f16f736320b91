import { join } from 'node:path';

/** Below a runtime directory. */
const FILE = 'control.sock';

/** Where the unit of docs/systemd puts it. */
const USUAL = `/run/relay-server/${FILE}`;

/** Where a relay is commanded: as it was told, or else where the service manager has made a directory for it, or nowhere. */
export function controlPath(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  // Of several (systemd.exec(5) parts them by colons), the first.
  const directory = env['RUNTIME_DIRECTORY']?.split(':', 1)[0] ?? '';
  return given ?? (directory === '' ? undefined : join(directory, FILE));
}

/** The same for `ctl`, which has to look somewhere. */
export function controlPathToAsk(given: string | undefined, env: NodeJS.ProcessEnv): string {
  return controlPath(given, env) ?? USUAL;
}
