import { execFile } from 'node:child_process';

/** What systemd-notify takes longer for is given up, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** How often the status is told without a watchdog, in milliseconds. */
const STATUS_MS = 15_000;
/** Behind the relay's grace come last words, a save, the log: what is not over then is killed. In milliseconds. */
const AFTER_GRACE_MS = 10_000;

export interface ServiceManagerOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** One line about what the relay does. */
  readonly status: () => string;
  /** Told once why the service manager cannot be reached. */
  readonly onProblem: (problem: string) => void;
  /** Runs `systemd-notify` with these arguments; resolves when it has ended. */
  readonly run?: (args: readonly string[]) => Promise<void>;
}

/** The service manager that has started this process, as sd_notify(3) has it. */
export interface ServiceManager {
  /** The relay serves: tells that, which process it is, and from now on the status and that the event loop turns. */
  ready(): void;
  /** The relay ends, and its transfers within so many milliseconds. Not said by one that has a successor. */
  stopping(withinMs: number): void;
  /**
   * Another process serves from now on, and speaks. Resolves when the service manager knows: a main process that ends before
   * would take the service with it.
   */
  succeededBy(pid: number): Promise<void>;
  /** Says nothing more. Resolves when the last word was said. */
  close(): Promise<void>;
}

/**
 * Undefined where no service manager waits for word. Node cannot write to the socket of one (AF_UNIX datagrams), so
 * systemd-notify does, which comes with systemd. The watchdog's word comes from a timer: where the event loop hangs, it does not
 * come.
 */
export function createServiceManager({
  env,
  pid,
  status,
  onProblem,
  run = runNotify,
}: ServiceManagerOptions): ServiceManager | undefined {
  if (env['NOTIFY_SOCKET'] === undefined || env['NOTIFY_SOCKET'] === '') return undefined;
  const watchdogMs = watchdogOf(env, pid);
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  let hasFailed = false;
  /** Whatever becomes of this process from now on, the service goes on in another. */
  let isSucceeded = false;

  const tell = (...words: readonly string[]): void => {
    last = last
      .then(() => run(words))
      .catch((error: unknown) => {
        if (!hasFailed) onProblem(error instanceof Error ? error.message : String(error));
        hasFailed = true;
      });
  };
  const beat = (): void => {
    tell(...(watchdogMs === undefined ? [] : ['WATCHDOG=1']), `STATUS=${status()}`);
  };
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await last;
  };
  return {
    ready() {
      tell('READY=1', `MAINPID=${pid}`, `STATUS=${status()}`);
      // Twice within the time, as sd_watchdog_enabled(3) advises.
      timer ??= setInterval(beat, Math.min(STATUS_MS, (watchdogMs ?? Infinity) / 2));
      timer.unref();
    },
    stopping(withinMs) {
      if (isSucceeded) return;
      const extension = `EXTEND_TIMEOUT_USEC=${(withinMs + AFTER_GRACE_MS) * 1000}`;
      tell('STOPPING=1', extension, `STATUS=Stopping. ${status()}`);
    },
    async succeededBy(successor) {
      isSucceeded = true;
      tell(`MAINPID=${successor}`);
      await close();
    },
    close,
  };
}

/** How long the event loop may hang, in milliseconds; undefined where nobody watches this process. */
function watchdogOf(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { WATCHDOG_USEC: time, WATCHDOG_PID: whose } = env;
  const isOurs = whose === undefined || whose === '' || whose === `${pid}`;
  const ms = Number(time) / 1000;
  return isOurs && ms > 0 && Number.isFinite(ms) ? ms : undefined;
}

function runNotify(args: readonly string[], isAgain = false): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', args, { timeout: TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      // To stop a service, systemd signals all of its processes: this one too, where it has just been started to tell that.
      const wasSignalled = error.signal === 'SIGTERM' && error.killed !== true;
      if (wasSignalled && !isAgain) return resolve(runNotify(args, true));
      const isMissing = error.code === 'ENOENT';
      const why = isMissing ? 'there is no systemd-notify on the PATH' : stderr.trim() || error.message;
      reject(new Error(`the service manager cannot be told anything: ${why}`));
    });
  });
}
