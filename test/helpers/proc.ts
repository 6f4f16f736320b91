import { readdirSync, readFileSync } from 'node:fs';

/** Whether this system shows processes under /proc. */
export const HAS_PROC = process.platform === 'linux';

/** Resident memory of a process, in MiB. */
export function rssMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Processor time that a process has used, in seconds: proc(5), `utime` and `stime` in hundredths. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name stands in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Whether the kernel has a keepalive timer for the relay's end of a connection (Documentation/networking/proc_net_tcp). */
export function isProbed(relayPort: number, clientPort: number): boolean {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const ends = `:${hex(relayPort)} 0100007F:${hex(clientPort)} `;
  const line = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .find((each) => each.includes(ends));
  if (line === undefined) throw new Error('no such connection');
  // sl, local, remote, state, queues, and the timer: 02 is keepalive.
  return line.trim().split(/\s+/)[5]!.startsWith('02:');
}
