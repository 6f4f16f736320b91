import { eventually } from '../helpers/eventually.js';
import { RelayProcess } from '../helpers/process.js';

const PROBE = new URL('probe.js', import.meta.url);

/** What a relay holds when all garbage is gone. Memory in bytes. */
export interface Sample {
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly rss: number;
  readonly sockets: number;
  readonly timers: number;
  readonly emitters: number;
  readonly listeners: number;
  readonly openFiles: number;
}

export interface Status {
  readonly connections: number;
  readonly rooms: { readonly waiting: number; readonly paired: number; readonly held: number };
  readonly pairings: number;
  readonly relayedBytes: number;
}

/** A relay in its own process that can be looked into. */
export class ProbedRelay implements AsyncDisposable {
  readonly process: RelayProcess;
  readonly port: number;
  readonly #adminPort: number;

  private constructor(relay: RelayProcess) {
    this.process = relay;
    this.port = relay.port;
    this.#adminPort = relay.adminPort;
    // Hours of log would be the test's memory. It is still read, as it is where a relay runs.
    relay.child.stdout?.removeAllListeners('data').resume();
    relay.stdout = '';
  }

  static async start(args: readonly string[], nodeArgs: readonly string[] = []): Promise<ProbedRelay> {
    const own = ['--port', '0', '--host', '127.0.0.1', '--admin-port', '0', '--log-format', 'json'];
    const probe = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--import', PROBE.href];
    const relay = new RelayProcess([...own, ...args], {}, [...probe, ...nodeArgs]);
    await relay.untilLogged('listening');
    return new ProbedRelay(relay);
  }

  async status(): Promise<Status> {
    const response = await fetch(`http://127.0.0.1:${this.#adminPort}/status`, {
      headers: { connection: 'close' },
    });
    return (await response.json()) as Status;
  }

  /** Its standard error has these looks and nothing else, or something is wrong. */
  async look(): Promise<Sample> {
    const before = this.process.stderr.length;
    this.process.kill('SIGWINCH');
    return await eventually(() => {
      const said = this.process.stderr.slice(before);
      if (!/^\{[^\n]*\}\n$/.test(said)) throw new Error(`it said: ${said}`);
      return JSON.parse(said) as Sample;
    }, 120_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}
