import { RANGES } from '../../../relay/options.js';
import { type CommandLine, type Printed, readCommandLine } from '../../flags/command-line.js';
import { type Flag, longOf, synopsisOf } from '../../flags/flag.js';
import { type Given, givenOf } from '../../flags/given.js';
import { duration, PATH, SWITCH, wholeNumber } from '../../flags/kinds.js';
import { describedBehind, type Program } from '../../flags/program.js';
import { REPEATING, UsageError } from '../../flags/wording.js';
import { quoted } from '../../text/escape.js';
import { controlPathToAsk } from '../directories.js';
import { FLAGS as SETTINGS } from '../flags.js';

const FLAGS = {
  control: {
    flag: '--control',
    kind: PATH,
    about: 'the Unix socket of the relay',
    variable: SETTINGS.control.variable,
  },
  json: { flag: '--json', kind: SWITCH, about: 'JSON, an object a line' },
  limit: {
    flag: '--limit',
    kind: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    about: 'list: how many rooms at most (default: 1000)',
  },
  blocked: { flag: '--blocked', kind: SWITCH, about: 'list: blocked sources instead of rooms' },
  for: {
    flag: '--for',
    kind: duration(RANGES.lockoutDurationMs),
    about: "block: how long (default: the relay's --lockout-duration)",
  },
} satisfies Record<string, Flag>;

type Own = 'limit' | 'blocked' | 'for';

interface Taking {
  readonly method: 'GET' | 'POST';
  /** Placeholder of its operand, and the parameter that it becomes. */
  readonly operand?: readonly [placeholder: string, parameter: string];
  /** Flags that not every command takes. */
  readonly flags?: readonly Own[];
}

/** Every command, and what it takes. */
const ACTIONS = {
  list: { method: 'GET', flags: ['limit', 'blocked'] },
  kill: { method: 'POST', operand: ['<room>', 'room'] },
  drain: { method: 'POST' },
  block: { method: 'POST', operand: ['<source>', 'source'], flags: ['for'] },
  unblock: { method: 'POST', operand: ['<source>', 'source'] },
  reload: { method: 'POST' },
  stats: { method: 'GET' },
} as const satisfies Readonly<Record<string, Taking>>;

type Action = keyof typeof ACTIONS;
const NAMES = Object.keys(ACTIONS) as readonly Action[];

/** What a relay is to be asked. */
export interface CtlRequest {
  readonly action: Action | 'blocked';
  readonly method: 'GET' | 'POST';
  readonly parameters: Readonly<Record<string, string>>;
  /** The relay's socket. */
  readonly path: string;
  readonly json: boolean;
}

const SEE = 'See relay-server ctl --help.';

const CTL: Program<typeof FLAGS> = {
  name: 'relay-server ctl',
  usage: '<command> [options]',
  about: 'Looks into a relay that runs on this machine, and commands it.',
  flags: FLAGS,
  operands: 'words',
  describe: describedBehind,
  wording: {
    ...REPEATING,
    missingValue: (flag) => `option '${synopsisOf(flag)}' argument missing. ${SEE}`,
  },
  epilogue: `
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

Exit code 0: it was done. 1: it was not, and a line says why. 2: bad usage.`,
};

/**
 * Reads what stands behind `relay-server ctl`. Prints nothing and exits nowhere.
 * @returns what to ask, or what --help prints
 * @throws {UsageError}
 */
export function readCtl(argv: readonly string[], env: NodeJS.ProcessEnv): CtlRequest | Printed {
  const line = readCommandLine(CTL, roomLast(argv));
  return 'stdout' in line ? line : requestOf(line, env);
}

function requestOf({ typed, operands: [name, ...words] }: CommandLine, env: NodeJS.ProcessEnv): CtlRequest {
  if (name === undefined) throw new UsageError(`which command? One of ${NAMES.join(', ')}. ${SEE}`);
  const action = NAMES.find((one) => one === name);
  if (action === undefined) {
    throw new UsageError(`${quoted(name)} is no command. It is one of ${NAMES.join(', ')}. ${SEE}`);
  }
  const { method, operand, flags = [] }: Taking = ACTIONS[action];
  const [placeholder, parameter] = operand ?? [];
  const [what, ...surplus] = placeholder === undefined ? [undefined, ...words] : words;
  if (placeholder !== undefined && (what === undefined || what === '')) {
    throw new UsageError(`${action} ${placeholder}: which one? ${SEE}`);
  }
  if (surplus[0] !== undefined) throw new UsageError(`${quoted(surplus[0])} is unexpected. ${SEE}`);
  const given = givenOf(CTL, { typed, env });
  const strange = (['limit', 'blocked', 'for'] as const).find(
    (one) => given.of(one) !== undefined && !flags.includes(one),
  );
  if (strange !== undefined) throw new UsageError(`${action} takes no ${longOf(FLAGS[strange])}. ${SEE}`);
  const isBlocked = given.value('blocked') === true;
  const parameters = parametersOf(given);
  return {
    action: isBlocked ? 'blocked' : action,
    method,
    parameters: parameter === undefined ? parameters : { [parameter]: what ?? '', ...parameters },
    path: controlPathToAsk(given.value('control'), env),
    json: given.value('json') === true,
  };
}

function parametersOf({ value }: Given<typeof FLAGS>): Record<string, string> {
  const limit = value('limit');
  if (limit !== undefined && value('blocked') === true) {
    throw new UsageError(`--limit does not go with --blocked. ${SEE}`);
  }
  const forMs = value('for');
  return {
    ...(limit === undefined ? {} : { limit: `${limit}` }),
    ...(forMs === undefined ? {} : { for: `${forMs}` }),
  };
}

/** A room's name may begin with a hyphen: what follows `kill` is one, unless it is an option of ours. */
function roomLast(argv: readonly string[]): string[] {
  const at = argv.indexOf('kill') + 1;
  const room = at === 0 ? undefined : argv[at];
  const isRoom = room !== undefined && /^-./.test(room) && !/^(-h|--(help|json|control)(=.*)?)$/.test(room);
  return isRoom ? [...argv.slice(0, at), ...argv.slice(at + 1), '--', room] : [...argv];
}
