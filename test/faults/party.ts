import { once } from 'node:events';
import { Client } from '../helpers/client.js';
import { noise } from '../helpers/flow.js';
import type { Proxy } from '../helpers/proxy.js';
import { dialRelay, overTls } from '../helpers/tls.js';
import type { Mode } from './cases.js';

/** How long a party may take, on a machine that has much else to do: the longest way is through two deadlines. */
const PATIENCE_MS = 300_000;

const SIZES = { early: 4_000, middle: 60_000, tail: 30_000 };
/** More than the relay reads ahead, and more than the kernel holds for a reader. */
const BULK_SIZES = { early: 200_000, middle: 8_000_000, tail: 800_000 };

export type Role = 'sender' | 'receiver';

export interface Part {
  readonly role: Role;
  readonly mode: Mode;
  readonly code: string;
  /** Of its payload. */
  readonly seed: number;
  /** Where the room has to be open before its sender comes. */
  readonly port: number;
  /** The line to the relay, where it is not a good one. */
  readonly proxy?: Proxy | undefined;
  readonly localAddress: string;
  readonly isTls: boolean;
}

/** What one side writes in all, by when it does. */
export function payloadOf({ role, mode, seed }: Pick<Part, 'role' | 'mode' | 'seed'>) {
  const { early, middle, tail } = mode === 'bulk' && role === 'sender' ? BULK_SIZES : SIZES;
  const whole = noise(early + middle + tail, seed);
  return {
    whole,
    early: whole.subarray(0, early),
    middle: whole.subarray(early, early + middle),
    tail: whole.subarray(early + middle),
  };
}

/** One client of a story: what it says, and what it hears. */
export class Party implements Disposable {
  readonly part: Part;
  readonly line: string;
  readonly payload: ReturnType<typeof payloadOf>;
  readonly client: Client;
  /** How much of its payload. */
  #written = 0;

  private constructor(part: Part, client: Client) {
    this.part = part;
    this.line = lineOf(part);
    this.payload = payloadOf(part);
    this.client = client;
    // A FIN is the end of the payload, or of everything: a receiver says its last words, a sender has no more.
    client.socket.once('end', () => {
      if (part.role === 'receiver') this.writeTail();
      else client.end();
    });
  }

  /** @param duringHandshake called at the beginning of a TLS handshake, whose end is not waited for then */
  static async connect(part: Part, duringHandshake?: () => void): Promise<Party> {
    const { port, proxy, localAddress, isTls } = part;
    const tcp = await dialRelay(proxy?.port ?? port, { localAddress });
    if (!isTls) return new Party(part, Client.of(tcp));
    duringHandshake?.();
    const socket = overTls(tcp, tcp);
    const party = new Party(part, Client.of(socket));
    if (duringHandshake !== undefined) return party;
    await once(socket, 'secureConnect');
    // The end of the handshake is written behind that.
    await new Promise((resolve) => setImmediate(resolve));
    return party;
  }

  /** The whole line and what stands right behind it, from a byte of it on. */
  open(from = 0): void {
    this.client.write(Buffer.concat([Buffer.from(this.line), this.payload.early]).subarray(from));
    this.#written = this.payload.early.length;
  }

  writeMiddle(): void {
    this.#writeUpTo(this.payload.early.length + this.payload.middle.length);
  }

  /** The last bytes, and the FIN behind them. */
  writeTail(): void {
    this.#writeUpTo(this.payload.whole.length);
    this.client.socket.end();
  }

  #writeUpTo(end: number): void {
    if (!this.client.socket.writable) return;
    this.client.write(this.payload.whole.subarray(this.#written, end));
    this.#written = Math.max(this.#written, end);
  }

  /** Bytes of its payload that it has written. */
  get written(): number {
    return this.#written;
  }

  /** From now on: some 10 MB a second. */
  readSlowly(): void {
    const { socket } = this.client;
    // Node hands out what it has read, 64 KiB at most, and then reads no more until it is told to.
    socket.on('data', () => socket.pause());
    const reading = setInterval(() => socket.resume(), 5);
    socket.once('close', () => clearInterval(reading));
  }

  get hasStatus(): boolean {
    return ['status', 'retry', 'fan-out', 'bulk', 'tls'].includes(this.part.mode);
  }

  /** Nothing more will come of this connection, as its client sees it. */
  get isOver(): boolean {
    return this.client.closed || this.client.ended;
  }

  /** Waits until the relay has said that it waits or is paired; or it is over. Only with status lines. */
  untilAdmitted(): Promise<void> {
    return this.#until((text) => /^(?:WAITING|PAIRED)/.test(text), 'a place in a room');
  }

  /** Waits until something of its peer has arrived, or, with status lines, the word that it is there. */
  untilPaired(): Promise<void> {
    const isThere = this.hasStatus ? /^PAIRED\n/m : /./s;
    return this.#until((text) => isThere.test(text), 'its peer');
  }

  untilRead(bytes: number): Promise<void> {
    return this.client.until((client) => this.isOver || client.length >= bytes, 'bytes', PATIENCE_MS);
  }

  untilOver(): Promise<void> {
    return this.client.until(() => this.isOver, 'its end', PATIENCE_MS);
  }

  untilClosed(): Promise<void> {
    return this.client.until((client) => client.closed, 'its close', PATIENCE_MS);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  #until(condition: (start: string) => boolean, what: string): Promise<void> {
    const isIt = (): boolean => condition(this.client.bytes.toString('latin1', 0, 200));
    return this.client.until(() => this.isOver || isIt(), what, PATIENCE_MS);
  }
}

export function lineOf({ role, mode, code }: Pick<Part, 'role' | 'mode' | 'code'>): string {
  const options: Readonly<Record<Mode, string>> = {
    ...{ plain: '', raw: ':raw', status: ':status', bulk: ':status', tls: ':status', retry: ':status:retry' },
    'fan-out': role === 'sender' ? ':status:receivers=2' : ':status',
  };
  return `${code}:${role}${role === 'receiver' ? ':wait' : ''}${options[mode]}\n`;
}
