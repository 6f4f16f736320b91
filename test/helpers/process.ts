import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { OwnProcess } from './own-process.js';

const BIN = fileURLToPath(new URL('../../bin/relay-server.js', import.meta.url));

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `relay-server`. */
export class RelayProcess extends OwnProcess {
  stdout = '';

  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    nodeArgs: readonly string[] = [],
    /** Its open-files limit. */
    openFiles?: number,
    program = BIN,
  ) {
    const command = [process.execPath, ...nodeArgs, program, ...args];
    if (openFiles !== undefined) command.unshift('sh', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'sh');
    super(command, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
  }

  /** Starts one on a free port of 127.0.0.1, and waits until it listens. */
  static async start(
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    program?: string,
  ): Promise<RelayProcess> {
    const command = ['--port', '0', '--host', '127.0.0.1', ...args];
    const relay = new RelayProcess(command, env, [], undefined, program);
    await relay.untilLogged('listening');
    return relay;
  }

  /** The same, with so many open files at most. */
  static async startLimited(openFiles: number, args: readonly string[] = []): Promise<RelayProcess> {
    const relay = new RelayProcess(['--port', '0', '--host', '127.0.0.1', ...args], {}, [], openFiles);
    await relay.untilLogged('listening');
    return relay;
  }

  /** Runs it until it exits by itself. */
  static async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RelayProcess> {
    const relay = new RelayProcess(args, env);
    await relay.exited();
    return relay;
  }

  /** Waits until so many connections have their line in the log, and gives those lines. */
  untilEnded(count: number): Promise<LogLine[]> {
    return eventually(() => {
      const ended = this.lines.filter((line) => line.msg === 'connection ended');
      if (ended.length < count) throw new Error(`${ended.length} of ${count} ended; ${this.stdout}`);
      return ended;
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get port(): number {
    return this.lines.find((line) => line.msg === 'listening')!['port'] as number;
  }

  get adminPort(): number {
    return this.lines.find((line) => line.msg === 'admin listening')!['port'] as number;
  }

  /** The whole lines of its log so far. */
  get lines(): LogLine[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  }

  untilLogged(msg: string): Promise<LogLine> {
    return eventually(() => {
      if (this.child.exitCode !== null)
        throw new Error(`it exited with ${this.child.exitCode}: ${this.stderr}`);
      const found = this.lines.find((line) => line.msg === msg);
      if (found === undefined) throw new Error(`not logged: ${msg}; ${this.stdout}${this.stderr}`);
      return found;
    });
  }
}
