import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Finding } from './finding.js';

/** docs/systemd/relay-server.socket, where it is installed. */
const UNIT = 'relay-server.socket';
const PROPERTIES = 'LoadState,UnitFileState,ActiveState,SubState,Listen';
const ANSWER_MS = 5_000;

/** A socket unit of the service manager, that opens the relay's port in its place. */
export interface SocketUnit {
  /** What it listens on, as the service manager writes it: `[::]:443`, `192.0.2.1:443`, or a path. */
  readonly listens: readonly string[];
  /** It holds the port now. */
  readonly isActive: boolean;
  /** It starts at boot. */
  readonly isEnabled: boolean;
  /** The relay that it starts runs. */
  readonly hasRelay: boolean;
}

/** What the settings say of the port, where they say anything. */
export interface GivenPlace {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** Asks systemd. Undefined where there is no such unit, or no systemd. */
export async function readSocketUnit(): Promise<SocketUnit | undefined> {
  try {
    const { stdout } = await promisify(execFile)('systemctl', ['show', UNIT, `--property=${PROPERTIES}`], {
      timeout: ANSWER_MS,
    });
    return parseSocketUnit(stdout);
  } catch {
    // No systemctl, or it does not run here: then no unit holds a port.
    return undefined;
  }
}

/** @param shown what `systemctl show` prints: `Name=value` lines, and one `Listen=` for each socket */
export function parseSocketUnit(shown: string): SocketUnit | undefined {
  const lines = shown.split('\n');
  const has = (...expected: readonly string[]): boolean => expected.some((line) => lines.includes(line));
  if (!has('LoadState=loaded')) return undefined;
  return {
    listens: lines.flatMap((line) => /^Listen=(.+) \(Stream\)$/.exec(line)?.[1] ?? []),
    isActive: has('ActiveState=active'),
    isEnabled: has('UnitFileState=enabled', 'UnitFileState=enabled-runtime'),
    hasRelay: has('SubState=running'),
  };
}

/** Where the unit listens; undefined where that is no TCP port, or several. */
export function placeOf({
  listens,
}: SocketUnit): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^\[?([^ \]]*)\]?:(\d+)$/.exec(listens.join(' ')) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

/** Whether the unit opens what the settings say, or they say nothing. */
export function inspectSocketUnit(unit: SocketUnit, given: GivenPlace): Finding {
  const about = 'socket unit';
  const { listens, isActive, isEnabled } = unit;
  if (!isActive && !isEnabled) {
    const text = `${UNIT} is installed, and neither enabled nor started: it opens nothing.`;
    return { level: 'ok', about, text };
  }
  const what = listens.length === 1 ? listens.join('') : `${listens.length} places`;
  const place = placeOf(unit);
  if (place === undefined) {
    const text = `${UNIT} listens on ${what}, and the relay takes one TCP port. Keep one ListenStream=.`;
    return { level: 'fail', about, text };
  }
  const others = [
    given.port !== undefined && given.port !== place.port && `--port ${given.port}`,
    given.host !== undefined && given.host !== place.host && `--host ${given.host}`,
  ].filter((other) => other !== false);
  if (others.length === 0) return { level: 'ok', about, text: `${UNIT} opens ${what} for the relay.` };
  return {
    level: 'warn',
    about,
    text: `${UNIT} listens on ${what}, and ${others.join(' and ')} changes nothing then. Take that out, or change ListenStream=.`,
  };
}
