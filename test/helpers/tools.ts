import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TransferEvent } from '../../src/client/events.js';
import { eventually } from './eventually.js';

type Told = TransferEvent | { readonly event: 'error'; readonly code: string; readonly message: string };

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard input; without it, it is empty. */
  readonly input?: Buffer;
}

/** `relay-send` or `relay-receive` as its own process, killed by its pid when the test is over. */
export class Tool implements AsyncDisposable {
  readonly child: ChildProcess;
  stderr = '';
  readonly #stdout: Buffer[] = [];
  readonly #exit: Promise<number | null>;

  constructor(
    name: 'relay-send' | 'relay-receive',
    args: readonly string[],
    { cwd, env = {}, input }: ToolOptions = {},
  ) {
    const bin = fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url));
    this.child = spawn(process.execPath, [bin, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, RELAY_CODE: undefined, RELAY_ADDRESS: undefined, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.on('error', () => undefined).end(input);
    this.child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  /** What `--json` told so far. */
  get events(): Told[] {
    return this.stderr
      .split('\n')
      .slice(0, -1)
      .filter((line) => !line.startsWith('Code: '))
      .map((line) => JSON.parse(line) as Told);
  }

  /** Waits until what it says on standard error matches; what the first group took. */
  until(pattern: RegExp): Promise<string> {
    return eventually(() => {
      const found = pattern.exec(this.stderr);
      if (found !== null) return found[1] ?? '';
      throw new Error(`${String(pattern)} is not in: ${this.stderr}`);
    });
  }

  /** The code that it told. */
  code(): Promise<string> {
    return this.until(/^Code: (\S+)$/m);
  }

  /** Waits until `--json` tells this event of so many bytes. */
  untilBytes(bytes: number, event: 'progress' | 'resumed' = 'progress'): Promise<void> {
    return eventually(() => {
      if (!this.events.some((told) => told.event === event && told.bytes >= bytes))
        throw new Error(this.stderr);
    });
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

/** A tool's words for people, as one expects them: one line that says what happened and what to do. */
export const ONE_SENTENCE = /^relay-(?:send|receive): [^\n]{10,400}[.?]\n$/;
