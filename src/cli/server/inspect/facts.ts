import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';

/** What this machine says of itself; undefined where it says nothing. */
export interface Facts {
  readonly backlog: number | undefined;
  /** Greatest sizes, in bytes. */
  readonly receiveBuffer: number | undefined;
  readonly sendBuffer: number | undefined;
  readonly isSynchronised: boolean | undefined;
  readonly memoryBytes: number;
}

export async function gatherFacts(): Promise<Facts> {
  const [backlog, receiveBuffer, sendBuffer, isSynchronised] = await Promise.all([
    lastNumber('/proc/sys/net/core/somaxconn'),
    lastNumber('/proc/sys/net/ipv4/tcp_rmem'),
    lastNumber('/proc/sys/net/ipv4/tcp_wmem'),
    askTimedate(),
  ]);
  return { backlog, receiveBuffer, sendBuffer, isSynchronised, memoryBytes: memoryLimit() };
}

async function lastNumber(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'latin1').catch(() => undefined);
  const digits = text === undefined ? undefined : /([0-9]+)\s*$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function askTimedate(): Promise<boolean | undefined> {
  try {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    const { stdout } = await promisify(execFile)('timedatectl', args, { timeout: 2_000 });
    return { yes: true, no: false }[stdout.trim()];
  } catch {
    // No systemd here: it cannot be told.
    return undefined;
  }
}

/** The machine's, or less where a control group says so. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
