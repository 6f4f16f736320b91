import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

/** A process of a test's own, killed by its pid when the test is over. */
export class OwnProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  stderr = '';
  readonly #exit: Promise<number | null>;

  constructor([program = '', ...args]: readonly string[], options: SpawnOptions) {
    this.child = spawn(program, args, options);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Its exit code; null where a signal ended it. */
  exited(): Promise<number | null> {
    return this.#exit;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.#exit;
  }
}
