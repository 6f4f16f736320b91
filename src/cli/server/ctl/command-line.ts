import { type Command, CommanderError, Option } from 'commander';
import { RANGES } from '../../../relay/options.js';
import { silentCommand } from '../../silent-command.js';
import { duration, type Kind, PATH, wholeNumber } from '../../flags/kinds.js';
import { controlPathToAsk } from '../control-path.js';
import { longOf, variableOf } from '../../flags/flag.js';
import { FLAGS } from '../flags.js';
import { quoted, UsageError } from '../../flags/wording.js';

const ACTIONS = ['list', 'kill', 'drain', 'block', 'unblock', 'reload', 'stats'] as const;
type Action = (typeof ACTIONS)[number];

/** What a relay is to be asked. */
export interface CtlRequest {
  readonly action: Action | 'blocked';
  readonly method: 'GET' | 'POST';
  readonly parameters: Readonly<Record<string, string>>;
  /** The relay's socket. */
  readonly path: string;
  readonly json: boolean;
}

/** What each takes: the placeholder of its operand, and its options. */
const TAKES: Readonly<Record<Action, { readonly operand?: string; readonly options?: readonly string[] }>> = {
  list: { options: ['limit', 'blocked'] },
  kill: { operand: '<room>' },
  drain: {},
  block: { operand: '<source>', options: ['for'] },
  unblock: { operand: '<source>' },
  reload: {},
  stats: {},
};

const LIMIT: Kind<number> = wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER });
const FOR: Kind<number> = duration(RANGES.lockoutDurationMs);

const HELP = `
Commands:
  list              the rooms there are; with --blocked, the sources that
                    are blocked by hand
  kill <room>       close a room, by its name or the beginning of it
  drain             what SIGTERM does: nobody new, transfers may finish
  block <source>    refuse an IPv4 address or an IPv6 /64
  unblock <source>  lift a block, also one that failed attempts led to
  reload            what SIGHUP does: read certificate and senders anew
  stats             what the relay is doing

Examples:
  $ relay-server ctl list
  $ relay-server ctl kill 8hmwixg8
  $ relay-server ctl block 192.0.2.7 --for 1h
  $ relay-server ctl stats --json

Exit code 0: it was done. 1: it was not, and a line says why. 2: bad usage.`;

const SEE = 'See relay-server ctl --help.';

type Typed = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Reads what stands behind `relay-server ctl`. Prints nothing and exits nowhere.
 * @returns what to ask, or what --help prints
 * @throws {UsageError}
 */
export function readCtl(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): CtlRequest | { readonly stdout: string } {
  let stdout = '';
  const program = describe((text) => {
    stdout += text;
  });
  try {
    program.parse(roomLast(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { stdout };
    throw new UsageError(`${reworded(error.message)} ${SEE}`);
  }
  return requestOf(program.args, program.opts<Typed>(), env);
}

function requestOf([name, ...operands]: readonly string[], typed: Typed, env: NodeJS.ProcessEnv): CtlRequest {
  if (name === undefined) throw new UsageError(`which command? One of ${ACTIONS.join(', ')}. ${SEE}`);
  const action = ACTIONS.find((one) => one === name);
  if (action === undefined) {
    throw new UsageError(`${quoted(name)} is no command. It is one of ${ACTIONS.join(', ')}. ${SEE}`);
  }
  const { operand, options = [] } = TAKES[action];
  const [what, ...surplus] = operand === undefined ? [undefined, ...operands] : operands;
  if (operand !== undefined && (what === undefined || what === '')) {
    throw new UsageError(`${action} ${operand}: which one? ${SEE}`);
  }
  if (surplus[0] !== undefined) throw new UsageError(`${quoted(surplus[0])} is unexpected. ${SEE}`);
  const strange = ['limit', 'blocked', 'for'].find((option) => option in typed && !options.includes(option));
  if (strange !== undefined) throw new UsageError(`${action} takes no --${strange}. ${SEE}`);
  const isList = action === 'list';
  return {
    action: isList && typed['blocked'] === true ? 'blocked' : action,
    method: isList || action === 'stats' ? 'GET' : 'POST',
    parameters: parametersOf(action, what, typed),
    path: pathOf(typed['control'], env),
    json: typed['json'] === true,
  };
}

function parametersOf(action: Action, what: string | undefined, typed: Typed): Record<string, string> {
  const parameters: Record<string, string> = {};
  if (action === 'kill') parameters['room'] = what ?? '';
  if (action === 'block' || action === 'unblock') parameters['source'] = what ?? '';
  const limit = valueOf('--limit', LIMIT, typed['limit']);
  if (limit !== undefined && typed['blocked'] === true) {
    throw new UsageError(`--limit does not go with --blocked. ${SEE}`);
  }
  if (limit !== undefined) parameters['limit'] = `${limit}`;
  const forMs = valueOf('--for', FOR, typed['for']);
  if (forMs !== undefined) parameters['for'] = `${forMs}`;
  return parameters;
}

function pathOf(typed: Typed[string], env: NodeJS.ProcessEnv): string {
  const variable = env[variableOf(FLAGS.control)];
  const given = valueOf(longOf(FLAGS.control), PATH, typed) ?? (variable === '' ? undefined : variable);
  return controlPathToAsk(given, env);
}

function valueOf<Value>(flag: string, kind: Kind<Value>, typed: Typed[string]): Value | undefined {
  if (typeof typed !== 'string') return undefined;
  const value = kind.read(typed);
  if (value === undefined) throw new UsageError(`${flag}: ${quoted(typed)} is not ${kind.expected}.`);
  return value;
}

/** A room's name may begin with a hyphen: what follows `kill` is one, unless it is an option of ours. */
function roomLast(argv: readonly string[]): string[] {
  const at = argv.indexOf('kill') + 1;
  const room = at === 0 ? undefined : argv[at];
  const isRoom = room !== undefined && /^-./.test(room) && !/^(-h|--(help|json|control)(=.*)?)$/.test(room);
  return isRoom ? [...argv.slice(0, at), ...argv.slice(at + 1), '--', room] : [...argv];
}

/** Commander's own message, in one line. */
function reworded(message: string): string {
  const text = message.replace(/^error: /, '').replace(/\n(?=\(Did you mean )/, ' ');
  return `${text.replace(/\.$/, '')}.`;
}

function describe(write: (text: string) => void): Command {
  return silentCommand('relay-server ctl', write)
    .description('Looks into a relay that runs on this machine, and commands it.')
    .usage('<command> [options]')
    .argument('[words...]')
    .addOption(new Option('--control <path>', 'the Unix socket of the relay (RELAY_CONTROL)'))
    .addOption(new Option('--json', 'JSON, an object a line'))
    .addOption(new Option('--limit <n>', 'list: how many rooms at most (default: 1000)'))
    .addOption(new Option('--blocked', 'list: blocked sources instead of rooms'))
    .addOption(new Option('--for <time>', "block: how long (default: the relay's --lockout-duration)"))
    .addHelpText('after', HELP)
    .configureHelp({ visibleArguments: () => [] });
}
