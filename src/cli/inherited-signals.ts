import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

const HANGUP_BIT = 1n << 0n;
const INTERRUPT_BIT = 1n << 1n;
const QUIT_BIT = 1n << 2n;

/** What is looked at of a process; each undefined where it cannot be. */
export interface Traces {
  /** The program that the shell started last, as most shells tell it. */
  readonly lastProgram: string | undefined;
  /** `/proc/<parent>/status` */
  readonly parentStatus: string | undefined;
  /** `/proc/self/fdinfo/0` */
  readonly stdinInfo: string | undefined;
  /** The path behind standard output. */
  readonly stdoutPath: string | undefined;
}

type Ignorable = 'SIGHUP' | 'SIGINT';

/**
 * The signals that whoever started this process had it ignore, as `nohup` and `trap '' INT` do. Node sets all of them back
 * before any program runs, so this is told by the traces that it leaves: what `nohup` does to the standard streams, what
 * the shell says that it ran, and what the parent itself ignores, which it then had from the same.
 */
export function inheritedIgnored(traces: Traces): ReadonlySet<Ignorable> {
  const ignored = new Set<Ignorable>();
  const ofParent = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(traces.parentStatus ?? '')?.[1] ?? '0'}`);
  const flags = parseInt(/^flags:\s*([0-7]+)$/m.exec(traces.stdinInfo ?? '')?.[1] ?? '0', 8);
  // In place of a terminal it gives a standard input that cannot be read.
  const isWriteOnly = (flags & 3) === 1;
  const isNohup =
    isWriteOnly ||
    basename(traces.lastProgram ?? '') === 'nohup' ||
    basename(traces.stdoutPath ?? '') === 'nohup.out';
  if (isNohup || (ofParent & HANGUP_BIT) !== 0n) ignored.add('SIGHUP');
  // A parent that waits in system(3) ignores both, and its child does not.
  if ((ofParent & INTERRUPT_BIT) !== 0n && (ofParent & QUIT_BIT) === 0n) ignored.add('SIGINT');
  return ignored;
}

/** The traces of this process; only Linux has most of them. */
export function ownTraces(env: NodeJS.ProcessEnv): Traces {
  return {
    lastProgram: env['_'],
    parentStatus: tried(() => readFileSync(`/proc/${process.ppid}/status`, 'latin1')),
    stdinInfo: tried(() => readFileSync('/proc/self/fdinfo/0', 'latin1')),
    stdoutPath: tried(() => readlinkSync('/proc/self/fd/1')),
  };
}

function tried<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
