import type { BarredSource } from '../../../guard/barred-sources.js';
import type { Stats } from '../../../ops/metrics/stats.js';
import type { RoomReport } from '../../../relay/rooms/report.js';
import { escapeText, oneLine } from '../../text/escape.js';
import { count, formatBytes, formatSeconds } from '../../text/format.js';
import type { Reply } from './ask.js';
import type { CtlRequest } from './command-line.js';
import { type Column, formatTable } from './table.js';

/** So much of a room's name finds it, here and in the log. */
const NAME_CHARACTERS = 12;

const ROOM_COLUMNS: readonly Column[] = [
  { heading: 'ROOM' },
  { heading: 'STATE' },
  { heading: 'AGE', align: 'right' },
  { heading: 'LEFT, RATE', align: 'right' },
  { heading: 'MEMBER' },
  // An IPv6 /64 has 24 characters at most.
  { heading: 'SOURCE, NAME', most: 30 },
  { heading: 'SENT', align: 'right' },
  { heading: 'GOT', align: 'right' },
];

/** What a relay answered, for people. What each command answers is in docs/operations.md. */
export function textOf({ action }: Pick<CtlRequest, 'action'>, replies: readonly Reply[]): string {
  const [reply = {}] = replies;
  switch (action) {
    case 'list':
      return listText(replies);
    case 'blocked':
      return blockedText(replies as unknown as readonly BarredSource[]);
    case 'stats':
      return statsText(reply as unknown as Stats);
    case 'kill':
      return sentence(
        `Closed ${String(reply['room'])}: it was ${String(reply['state'])}, ${count(Number(reply['members']), 'member')}`,
      );
    case 'drain':
      return drainText(reply);
    case 'block':
      return sentence(
        `${String(reply['source'])} is blocked for ${seconds(reply['leftMs'])}, or until the relay ends. The rooms that it is in go on`,
      );
    case 'unblock':
      return sentence(
        `${String(reply['source'])} ${reply['wasBlocked'] === true ? 'is let in again' : 'was not blocked'}`,
      );
    case 'reload':
      return reloadText(reply);
  }
}

/** Whether some part of the relay could not do what was asked. */
export function isPartial({ action }: Pick<CtlRequest, 'action'>, [reply]: readonly Reply[]): boolean {
  const parts = reply?.['parts'];
  return (
    action === 'reload' && Array.isArray(parts) && parts.some((part: Reply) => part['problem'] !== undefined)
  );
}

function listText(replies: readonly Reply[]): string {
  const { rooms, leftOut } = (replies.at(-1) ?? {}) as {
    rooms?: Record<RoomReport['state'], number>;
    leftOut?: number;
  };
  const { paired = 0, waiting = 0, held = 0 } = rooms ?? {};
  if (paired + waiting + held === 0) return 'No rooms.\n';
  const reports = replies.slice(0, -1) as unknown as readonly RoomReport[];
  const table = reports.length === 0 ? '' : `${formatTable(ROOM_COLUMNS, reports.flatMap(rowsOf))}\n`;
  const sum = `${count(paired + waiting + held, 'room')}: ${number(paired)} paired, ${number(waiting)} waiting, ${number(held)} held`;
  const rest = leftOut === undefined || leftOut === 0 ? '' : `. ${count(leftOut, 'more', 'more')}: --limit`;
  return `${table}${sum}${rest}.\n`;
}

/** A line for the room, with its first member, and one for each of the others. */
function rowsOf({ room, state, ageMs, leftMs, members }: RoomReport): (string | undefined)[][] {
  const name = room.slice(0, NAME_CHARACTERS);
  const head = [
    name,
    state,
    shortTime(ageMs),
    leftMs === undefined ? meanRate(members, ageMs) : shortTime(leftMs),
  ];
  const [first = [], ...others] = members.map(({ role, source = '', sender, bytesIn, bytesOut }) => [
    role,
    sender === undefined ? source : `${source} ${sender}`,
    formatBytes(bytesIn),
    formatBytes(bytesOut),
  ]);
  return [[...head, ...first], ...others.map((other) => ['', '', '', '', ...other])];
}

/** What its members have sent a second, since they were paired. */
function meanRate(members: RoomReport['members'], ageMs: number): string {
  const bytes = members.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
  return ageMs > 0 ? `${formatBytes((bytes * 1000) / ageMs)}/s` : '-';
}

function blockedText(blocked: readonly BarredSource[]): string {
  if (blocked.length === 0) {
    return 'No source is blocked by hand. (Those that failed attempts led to are not listed.)\n';
  }
  const rows = blocked.map(({ source, leftMs }) => [source, shortTime(leftMs)]);
  return formatTable([{ heading: 'SOURCE' }, { heading: 'LEFT', align: 'right' }], rows);
}

function statsText(stats: Stats): string {
  const { rooms, perSecond, openFiles } = stats;
  const refusals = Object.entries(stats.refusals).filter(([, times]) => times > 0);
  const lines: readonly (readonly [string, string])[] = [
    ['version', stats.version],
    ['up', `${formatSeconds(stats.uptimeSeconds)}${stats.draining ? ', draining' : ''}`],
    [
      'connections',
      `${number(stats.connections)} open, ${number(stats.connectionsTotal)} in all, ${rate(perSecond.connectionsTotal)}`,
    ],
    ['rooms', `${number(rooms.paired)} paired, ${number(rooms.waiting)} waiting, ${number(rooms.held)} held`],
    ['pairings', `${number(stats.pairings)} in all, ${rate(perSecond.pairings)}`],
    ['relayed', `${formatBytes(stats.relayedBytes)} in all, ${formatBytes(perSecond.relayedBytes)}/s`],
    ...refusals.map(
      ([token, times], index) => [index === 0 ? 'refused' : '', `${number(times)} ${token}`] as const,
    ),
    ['lockouts', number(stats.lockouts)],
    ['blocked', `${number(stats.blockedSources)} by hand`],
    ['loop delay', `${stats.loopDelayP99Ms.toFixed(1)} ms (p99)`],
    ['memory', formatBytes(stats.residentBytes)],
    ['open files', `${openFiles === null ? '?' : number(openFiles)} of ${number(stats.openFilesLimit)}`],
  ];
  return lines.map(([name, value]) => `${name.padEnd(13)}${escapeText(value)}\n`).join('');
}

function drainText({ wasDraining, rooms, graceMs }: Reply): string {
  if (wasDraining === true) return 'It is draining already.\n';
  const { paired = 0 } = (rooms ?? {}) as { paired?: number };
  const transfers =
    paired === 0 ? 'Nothing is under way' : `${count(paired, 'transfer')} may go on for ${seconds(graceMs)}`;
  return `The relay is draining: nobody new gets in. ${transfers}.\n`;
}

function reloadText({ parts }: Reply): string {
  const all = Array.isArray(parts) ? (parts as readonly { name: string; problem?: string }[]) : [];
  if (all.length === 0)
    return 'Nothing to reload: this relay has neither a certificate nor a senders file.\n';
  return all
    .map(({ name, problem }) =>
      sentence(
        problem === undefined ? `${name}: reloaded` : `${name}: not reloaded, the old one stays. ${problem}`,
      ),
    )
    .join('');
}

function sentence(text: string): string {
  return `${oneLine(text.replace(/\.$/, ''))}.\n`;
}

function seconds(ms: unknown): string {
  return formatSeconds(Number(ms) / 1000);
}

/** `5s`, `2m 5s`, `3h 20m`, `2d 4h`. */
function shortTime(ms: number): string {
  return formatSeconds(ms / 1000).replace(/ (s|min|h|d)\b/g, (_, unit: string) => unit.charAt(0));
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function rate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0)}/s`;
}
