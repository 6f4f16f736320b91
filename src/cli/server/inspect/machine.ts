import { RESERVED_FILES } from '../../../relay/open-files.js';
import type { Finding } from './finding.js';

/** The newest that it was tried with. One that is too old does not come so far. */
const NEWEST_NODE = 26;
/** A storm of fewer connections than this should not have to wait for the relay's next turn. */
const LEAST_BACKLOG = 1024;
/** One that is smaller holds a transfer over a long line back: 1 MiB passes 80 Mbit/s at 100 ms. */
const LEAST_SOCKET_BUFFER = 2 ** 20;
/** More than anybody's clock is slewed by in the seconds that this takes. */
const CLOCK_STEP_MS = 100;

const MIB = 2 ** 20;
/** The process, the limits' tables and the log. */
const BASE_BYTES = 100 * MIB;
/** A connection that waits; and at most, with early payload that has stalled. */
const WAITING_BYTES = 4_000;
const STALLED_BYTES = 128 * 1024;

/** @param version as `process.versions.node` has it */
export function inspectNode(version: string): Finding {
  const about = 'Node.js';
  const major = parseInt(version);
  if (major > NEWEST_NODE)
    return { level: 'warn', about, text: `${version} is newer than any that it was tried with.` };
  return { level: 'ok', about, text: `${version}.` };
}

/**
 * Whether the connections that are allowed fit into the open files that are.
 * @param openFiles the limit of this process: that of the service may be another
 */
export function inspectOpenFiles(maxConnections: number, openFiles: number): Finding {
  const about = 'open files';
  const sum = `${openFiles} here, for ${maxConnections} connections`;
  if (maxConnections + RESERVED_FILES > openFiles)
    return {
      level: 'warn',
      about,
      text: `${sum}. Raise the limit (LimitNOFILE= in the unit, ulimit -n in a shell), or lower --max-connections.`,
    };
  return { level: 'ok', about, text: `${sum}.` };
}

/** @param notices what the relay said of itself while it moved bytes */
export function inspectNotices(notices: readonly string[]): Finding {
  const about = 'large reads';
  if (notices.length === 0) return { level: 'ok', about, text: 'they work with this Node.js.' };
  return { level: 'warn', about, text: `${notices.join('; ')}. Try another release of it.` };
}

/** @param backlog `net.core.somaxconn`; undefined where there is none */
export function inspectBacklog(backlog: number | undefined): Finding {
  const about = 'backlog';
  if (backlog === undefined) return { level: 'ok', about, text: 'this system does not tell it.' };
  if (backlog >= LEAST_BACKLOG)
    return {
      level: 'ok',
      about,
      text: `${backlog} connections may wait to be accepted (net.core.somaxconn).`,
    };
  const remedy = 'Run sysctl -w net.core.somaxconn=4096, and keep it in /etc/sysctl.d.';
  return { level: 'warn', about, text: `only ${backlog} connections may wait to be accepted. ${remedy}` };
}

/**
 * @param sysctl `net.ipv4.tcp_rmem`, `net.ipv4.tcp_wmem`
 * @param bytes the greatest size, its third number; undefined where there is none
 */
export function inspectSocketBuffer(sysctl: string, bytes: number | undefined): Finding {
  const about = sysctl.replace('net.ipv4.', '');
  if (bytes === undefined) return { level: 'ok', about, text: 'this system does not tell it.' };
  const text = `a connection may have ${inMiB(bytes)} in the kernel`;
  if (bytes >= LEAST_SOCKET_BUFFER) return { level: 'ok', about, text: `${text}.` };
  return {
    level: 'warn',
    about,
    text: `${text}: slow over long lines. Raise the third number of ${sysctl} to 4194304 or more.`,
  };
}

/** @param limitBytes what the machine has, or what the process may have of it */
export function inspectMemory(bufferMiB: number, maxConnections: number, limitBytes: number): Finding {
  const about = 'memory';
  const full = BASE_BYTES + bufferMiB * MIB + maxConnections * WAITING_BYTES;
  const flooded = full + maxConnections * STALLED_BYTES;
  const here = `of ${inMiB(limitBytes)} here`;
  if (full > limitBytes)
    return {
      level: 'warn',
      about,
      text: `when it is full it needs ${inMiB(full)} ${here}. Lower --buffer-memory or --max-connections.`,
    };
  if (flooded <= limitBytes)
    return { level: 'ok', about, text: `at worst, in a flood, it needs ${inMiB(flooded)} ${here}.` };
  const spare = limitBytes - BASE_BYTES - bufferMiB * MIB;
  const fitting = Math.floor(spare / (WAITING_BYTES + STALLED_BYTES));
  return {
    level: 'warn',
    about,
    text: `a flood could take ${inMiB(flooded)} ${here}. Set --max-connections to ${fitting} or less.`,
  };
}

/**
 * @param steppedMs by how much the wall clock went ahead of the one that never goes back
 * @param isSynchronised undefined where the system does not say
 */
export function inspectClock(steppedMs: number, isSynchronised: boolean | undefined): Finding {
  const about = 'clock';
  if (Math.abs(steppedMs) > CLOCK_STEP_MS)
    return {
      level: 'warn',
      about,
      text: `it was set by ${Math.round(steppedMs)} ms just now. The times in the log are not to be trusted.`,
    };
  switch (isSynchronised) {
    case true:
      return { level: 'ok', about, text: 'it is synchronised.' };
    case false:
      return { level: 'warn', about, text: 'it is not synchronised. Run timedatectl set-ntp true.' };
    case undefined:
      return {
        level: 'ok',
        about,
        text: 'it runs evenly. This system does not say whether it is synchronised.',
      };
  }
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
