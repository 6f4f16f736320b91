import { fileURLToPath } from 'node:url';
import type { TransferEvent } from '../../src/transfer/events.js';
import { eventually } from './eventually.js';
import { OwnProcess } from './own-process.js';

type Told = TransferEvent | { readonly event: 'error'; readonly code: string; readonly message: string };

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard input; without it, it is empty. `open`: the test writes it, and ends it. */
  readonly input?: Buffer | 'open';
}

/** What the tools read of an environment, so that the one of whoever runs the tests has no say. */
const CLEAR = {
  RELAY_ADDRESS: undefined,
  RELAY_CA: undefined,
  RELAY_CODE: undefined,
  RELAY_TOKEN: undefined,
};

/** `relay-send` or `relay-receive`. */
export class Tool extends OwnProcess {
  readonly #stdout: Buffer[] = [];

  constructor(
    name: 'relay-send' | 'relay-receive',
    args: readonly string[],
    { cwd, env = {}, input }: ToolOptions = {},
  ) {
    const bin = fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url));
    super([process.execPath, bin, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...CLEAR, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.on('error', () => undefined);
    if (input !== 'open') this.child.stdin?.end(input);
    this.child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
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
}

/** A tool's words for people, as one expects them: one line that says what happened and what to do. */
export const ONE_SENTENCE = /^relay-(?:send|receive): [^\n]{10,400}[.?]\n$/;
