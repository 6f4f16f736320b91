import type { Operator } from '../../relay/operator.js';
import { MAX_DURATION_MS } from '../../relay/options.js';
import type { Relay } from '../../relay/relay.js';
import type { Stats } from '../metrics/stats.js';

/** What the commands see and do. */
export interface ControlSource {
  readonly relay: Operator & Pick<Relay, 'rooms' | 'draining'>;
  stats(): Promise<Stats>;
  /** Begins what SIGTERM would, and returns at once. */
  drain(): void;
  /** How long transfers may go on then. */
  readonly graceMs: number;
  /** What SIGHUP does; each part that was to be read anew. */
  reload(): Promise<readonly object[]>;
  /** Told of each command that has changed something. */
  readonly onCommand: (command: string, result: object) => void;
}

/** JSON, a line for each of these. */
export interface Answer {
  readonly status: number;
  readonly lines: Iterable<object>;
}

/** Of an HTTP request. */
export interface Asked {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

interface Command {
  readonly method: 'GET' | 'POST';
  readonly parameters: readonly string[];
  readonly run: (source: ControlSource, query: URLSearchParams) => Answer | Promise<Answer>;
}

/** What a request's path is read against; its host is nobody's. */
const BASE = 'http://relay';

/** Rooms that are listed unless another number is given. */
const DEFAULT_LIMIT = 1_000;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['list', { method: 'GET', parameters: ['limit'], run: list }],
  ['blocked', { method: 'GET', parameters: [], run: ({ relay }) => told(relay.blocked()) }],
  ['stats', { method: 'GET', parameters: [], run: async (source) => told([await source.stats()]) }],
  ['kill', { method: 'POST', parameters: ['room'], run: kill }],
  ['drain', { method: 'POST', parameters: [], run: drain }],
  ['block', { method: 'POST', parameters: ['source', 'for'], run: block }],
  ['unblock', { method: 'POST', parameters: ['source'], run: unblock }],
  ['reload', { method: 'POST', parameters: [], run: reload }],
]);

const UNKNOWN = refused(404, 'unknown-command', 'this relay knows no such command');

/** Does what a request asks for, or says why not. Rejects only where the relay itself fails. */
export async function answerTo({ method, url = '' }: Asked, source: ControlSource): Promise<Answer> {
  // (URL.parse would do, but is not in Node 20.)
  if (!URL.canParse(url, BASE)) return UNKNOWN;
  const { pathname, searchParams } = new URL(url, BASE);
  const command = COMMANDS.get(pathname.slice(1));
  if (command === undefined) return UNKNOWN;
  if (command.method !== method) return refused(405, 'wrong-method', `this command wants ${command.method}`);
  const strange = [...searchParams.keys()].find((name) => !command.parameters.includes(name));
  if (strange !== undefined) {
    return refused(400, 'unknown-parameter', 'this relay knows no such parameter of the command');
  }
  return await command.run(source, searchParams);
}

/** @param error a token for programs */
function refused(status: number, error: string, message: string, details: object = {}): Answer {
  return { status, lines: [{ error, message, ...details }] };
}

function told(lines: Iterable<object>): Answer {
  return { status: 200, lines };
}

function list({ relay }: ControlSource, query: URLSearchParams): Answer {
  const limit = wholeNumber(query.get('limit') ?? `${DEFAULT_LIMIT}`, Number.MAX_SAFE_INTEGER);
  if (limit === undefined) return refused(400, 'bad-limit', 'limit is no whole number');
  return told(listed(relay, limit));
}

/** The rooms, and behind them how many there are. */
function* listed(relay: ControlSource['relay'], limit: number): Iterable<object> {
  const counts = relay.rooms;
  const all = counts.waiting + counts.paired + counts.held;
  let count = 0;
  for (const room of relay.list()) {
    if (count === limit) break;
    count += 1;
    yield room;
  }
  yield { rooms: counts, listed: count, leftOut: count < limit ? 0 : Math.max(0, all - count) };
}

function kill({ relay, onCommand }: ControlSource, query: URLSearchParams): Answer {
  const closing = relay.closeRoom(query.get('room') ?? '');
  switch (closing.kind) {
    case 'unknown':
      return refused(404, 'no-such-room', 'no room has a name that begins so');
    case 'ambiguous':
      return refused(409, 'ambiguous', 'the names of several rooms begin so', { rooms: closing.rooms });
    case 'closed': {
      const { room, state, members } = closing;
      onCommand('kill', { room, state, members });
      return told([{ room, state, members }]);
    }
  }
}

function drain(source: ControlSource): Answer {
  const { relay, graceMs, onCommand } = source;
  const result = { wasDraining: relay.draining, rooms: relay.rooms, graceMs };
  if (!result.wasDraining) {
    onCommand('drain', {});
    source.drain();
  }
  return told([result]);
}

async function block({ relay, onCommand }: ControlSource, query: URLSearchParams): Promise<Answer> {
  const given = query.get('for');
  const forMs = given === null ? undefined : wholeNumber(given, MAX_DURATION_MS);
  if (given !== null && (forMs === undefined || forMs === 0)) {
    return refused(400, 'bad-time', `for is no number of milliseconds from 1 to ${MAX_DURATION_MS}`);
  }
  return await ofSource(() => {
    const blocked = relay.block(query.get('source') ?? '', forMs);
    onCommand('block', { source: blocked.source, forMs: blocked.leftMs });
    return blocked;
  });
}

async function unblock({ relay, onCommand }: ControlSource, query: URLSearchParams): Promise<Answer> {
  return await ofSource(async () => {
    const result = await relay.unblock(query.get('source') ?? '');
    onCommand('unblock', result);
    return result;
  });
}

async function reload(source: ControlSource): Promise<Answer> {
  source.onCommand('reload', {});
  return told([{ parts: await source.reload() }]);
}

/** @param run throws a RangeError where the source is none */
async function ofSource(run: () => object | Promise<object>): Promise<Answer> {
  try {
    return told([await run()]);
  } catch (error) {
    if (error instanceof RangeError) return refused(400, 'bad-source', error.message);
    throw error;
  }
}

function wholeNumber(text: string, most: number): number | undefined {
  return /^[0-9]{1,16}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}
