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

/** User and system time so far, in seconds. */
export const cpuSeconds = (pid) => statSeconds(pid, 11);

/** That of the children of this process which have ended, and of their own children. */
export const endedChildrenCpuSeconds = () => statSeconds(process.pid, 13);

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
