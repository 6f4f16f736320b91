import { eventually } from './eventually.js';
import { type LogLine, RelayProcess } from './process.js';

/** A relay that is upgraded while it runs: several processes, one after the other, that share a port and a log. */
export class UpgradingRelay implements AsyncDisposable {
  readonly #first: RelayProcess;
  readonly pids: number[];

  private constructor(first: RelayProcess) {
    this.#first = first;
    this.pids = [first.pid];
  }

  /** @param program instead of the project's own */
  static async start(
    args: readonly string[] = [],
    program?: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<UpgradingRelay> {
    return new UpgradingRelay(await RelayProcess.start(args, env, program));
  }

  get port(): number {
    return this.#first.port;
  }

  get lines(): LogLine[] {
    return this.#first.lines;
  }

  get stderr(): string {
    return this.#first.stderr;
  }

  /** The process that listens now. */
  get pid(): number {
    return this.pids.at(-1)!;
  }

  /** Upgrades it, and waits until the successor has all there is. */
  async upgrade(): Promise<void> {
    const count = this.pids.length;
    process.kill(this.pid, 'SIGUSR2');
    const done = await this.untilLogged('handed over', count);
    this.pids.push(done['successor'] as number);
    await this.untilLogged('listening', count + 1);
  }

  /** The so-manieth line of this message. */
  untilLogged(msg: string, count = 1): Promise<LogLine> {
    return eventually(() => {
      const found = this.lines.filter((line) => line.msg === msg)[count - 1];
      if (found === undefined) throw new Error(`not logged ${count} times: ${msg}; ${this.#first.stdout}`);
      return found;
    });
  }

  /** Waits until this process is gone. */
  untilGone(pid: number, patienceMs?: number): Promise<void> {
    return eventually(() => {
      if (isAlive(pid)) throw new Error(`${pid} still runs; ${this.#first.stdout}`);
    }, patienceMs);
  }

  isAlive(pid: number): boolean {
    return isAlive(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await this.#first[Symbol.asyncDispose]();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
