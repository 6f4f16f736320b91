import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { SUCCESSOR_STDIO, SUCCESSOR_VARIABLE } from './inherited.js';

/** The process that is to take over. */
export interface Successor {
  readonly pid: number;
  /** Has its messages, and 'disconnect' when it is gone or has no more to say. Not its exit: it is a shell's. */
  readonly channel: ChildProcess;
  readonly isAlive: boolean;
  kill(): void;
}

const PID_FD = Math.max(...Object.values(SUCCESSOR_STDIO)) + 1;

/**
 * Starts this program anew, as it is installed now, with the same arguments and the same listening socket.
 *
 * A shell starts it in the background and ends. So its parent is init, or the service manager: systemd waits for the end of a
 * main process only where that is its own child (v252, `main_pid_alien`). Another one it kills at once when the service is
 * stopped, and all transfers with it.
 *
 * @throws where no process can be started
 */
export async function startSuccessor(fd: number): Promise<Successor> {
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const script = `"$@" ${PID_FD}>&- & echo $! >&${PID_FD}`;
  const channel = spawn('sh', ['-c', script, 'sh', ...own], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', fd, 'pipe'],
    serialization: 'advanced',
    env: { ...process.env, [SUCCESSOR_VARIABLE]: `${process.pid}` },
  });
  const [said] = await Promise.all([text(channel.stdio[PID_FD] as Readable), once(channel, 'exit')]);
  const pid = Number(said);
  if (!(pid > 1)) throw new Error('no process can be started');
  return {
    pid,
    channel,
    get isAlive() {
      return signal(pid, 0);
    },
    kill: () => void signal(pid, 'SIGKILL'),
  };
}

/** Whether there is such a process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
