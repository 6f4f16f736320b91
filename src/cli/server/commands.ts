/** What `relay-server <name> …` does instead of running a relay. */
export interface ServerCommand {
  /** For --help. */
  readonly about: string;
  readonly load: () => Promise<{
    /**
     * @param argv what stands behind the command's name
     * @returns the exit code
     */
    readonly main: (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>;
  }>;
}

/** Loaded when they are called for only: a relay that runs needs none of them. */
export const COMMANDS: ReadonlyMap<string, ServerCommand> = new Map<string, ServerCommand>([
  ['check', { about: 'show the settings, and what is wrong with them', load: () => import('./check.js') }],
  ['doctor', { about: 'try a transfer, and look at this machine', load: () => import('./doctor.js') }],
  ['token', { about: 'draw a token for a sender', load: () => import('./token.js') }],
  ['ctl', { about: 'look into a relay that runs, and command it', load: () => import('./ctl.js') }],
]);

/** For --help; empty where there are none. */
export function describeCommands(commands: ReadonlyMap<string, ServerCommand>): string {
  if (commands.size === 0) return '';
  const lines = [...commands].map(([name, { about }]) => `  ${name.padEnd(8)} ${about}\n`);
  return `\nInstead of running (relay-server <name> --help):\n${lines.join('')}`;
}
