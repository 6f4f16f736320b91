import type { Socket } from 'node:net';
import { PATIENCE_MS } from './eventually.js';
import { dialRelay, type DialOptions, tcpUnder } from './tls.js';

export interface ConnectOptions extends DialOptions {
  /** Written as soon as it is connected, as it stands: with its LF. */
  readonly line?: string | Uint8Array;
}

/** A raw client, over TCP or TLS, that keeps what it reads and lets a test wait for it. */
export class Client implements Disposable {
  readonly socket: Socket;
  /** The relay's FIN came. */
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  /** Bytes that were read so far. */
  length = 0;
  #chunks: Buffer[] = [];
  #waiters = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.length += chunk.length;
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** For a socket that is connected already. */
  static of(socket: Socket): Client {
    return new Client(socket);
  }

  static async connect(port: number, { line, ...dialOptions }: ConnectOptions = {}): Promise<Client> {
    const client = new Client(await dialRelay(port, dialOptions));
    if (line !== undefined) client.write(line);
    return client;
  }

  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** FIN: a half-close. */
  end(data?: string | Uint8Array): void {
    if (data !== undefined) this.write(data);
    this.socket.end();
  }

  reset(): void {
    tcpUnder(this.socket).resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  /** Waits until what was read so far satisfies the condition; fails when the relay has closed without it. */
  async until(
    condition: (client: this) => boolean,
    what = 'a condition',
    patienceMs = PATIENCE_MS,
  ): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!condition(this)) {
      const left = deadline - Date.now();
      if (left <= 0 || (this.closed && !condition(this))) {
        const why = this.closed ? 'closed' : 'waited in vain';
        throw new Error(
          `${why} for ${what}; read ${this.bytes.length} bytes: ${JSON.stringify(this.text.slice(-200))}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
      });
    }
  }

  untilText(text: string): Promise<void> {
    return this.until((client) => client.text.includes(text), JSON.stringify(text));
  }

  untilBytes(count: number): Promise<void> {
    return this.until((client) => client.length >= count, `${count} bytes`);
  }

  /** Waits for the relay's FIN; everything that was read. */
  async untilEnd(): Promise<string> {
    await this.until((client) => client.ended, 'the end');
    return this.text;
  }

  /** Waits until the socket is closed, by FIN both ways or a reset; everything that was read. */
  async untilClosed(): Promise<string> {
    await this.until((client) => client.closed, 'the close');
    return this.text;
  }

  /** Waits for the relay's FIN, then closes our side too. */
  async finish(): Promise<string> {
    const text = await this.untilEnd();
    this.end();
    await this.untilClosed();
    return text;
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
