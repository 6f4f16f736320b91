import { Command } from 'commander';

/** A command line that prints nothing itself and exits nowhere: what --help and --version print goes to `write`. */
export function silentCommand(name: string, write: (text: string) => void): Command {
  return new Command(name)
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    });
}
