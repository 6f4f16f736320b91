/* What Linux tells about a process. Each answers undefined for a process that is none (no relay at all). */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** /proc counts CPU time in USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

export const hasProc = () => existsSync('/proc/self/stat');

const read = (pid, name) =>
  pid === undefined || !hasProc() ? undefined : readFileSync(`/proc/${pid}/${name}`, 'latin1');

/** The sum of two fields of a process's `stat` that follow each other, in seconds. */
function statSeconds(pid, first) {
  const stat = read(pid, 'stat');
  if (stat === undefined) return undefined;
  // The second field is the program's name, which may hold blanks: count from its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
}

/** That of the children of a process which have ended, and of their own children. */
export const endedChildrenCpuSeconds = (pid = process.pid) => statSeconds(pid, 13);

/** User and system time so far, in seconds; that of ended children with it. */
export const cpuSeconds = (pid) => {
  const own = statSeconds(pid, 11);
  return own === undefined ? undefined : own + endedChildrenCpuSeconds(pid);
};

/** The children that a process has now: some relays fork for each connection. */
export function children(pid) {
  try {
    return (read(pid, `task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // The kernel tells it only where it was built to.
  }
}

function statusBytes(pid, name) {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(read(pid, 'status') ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

export const residentBytes = (pid) => statusBytes(pid, 'VmRSS');
export const peakResidentBytes = (pid) => statusBytes(pid, 'VmHWM');

export const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** The soft limit of open files; Node raises its own to the hard limit when it starts. */
export function openFilesLimit(pid) {
  const limit = /^Max open files\s+(\S+)/m.exec(read(pid, 'limits') ?? '')?.[1];
  return limit === undefined || limit === 'unlimited' ? Infinity : Number(limit);
}

/** Counters of this system's TCP, such as TCPSynRetrans, by name. */
export function tcpCounters() {
  if (!existsSync('/proc/net/netstat')) return undefined;
  const [names, values] = readFileSync('/proc/net/netstat', 'latin1').split('\n');
  const numbers = values.split(' ');
  return Object.fromEntries(names.split(' ').map((name, i) => [name, Number(numbers[i])]));
}
