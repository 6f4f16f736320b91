import { expect } from 'vitest';
import { Client } from '../helpers/client.js';
import { feed, noiseHash, Sink } from '../helpers/flow.js';

/** A transfer that goes on through whatever happens to its relay; every byte of it is checked at the end. */
export class UnderWay implements Disposable {
  readonly #sender: Client;
  readonly #receiver: Sink;
  readonly #bytes: number;
  #sending: Promise<void>;

  private constructor(sender: Client, receiver: Sink, bytes: number) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#bytes = bytes;
    this.#sending = feed(sender.socket, bytes);
    this.#sending.catch(() => undefined);
  }

  /** Begins one, slow enough to be still under way when something has happened. */
  static async begin(port: number, code: string, bytes = 64 * 1024 * 1024): Promise<UnderWay> {
    const receiver = await Sink.connect(port, { line: `${code}:receiver:wait\n`, payload: bytes });
    const sender = await Client.connect(port, { line: `${code}:sender\n` });
    const stopReading = receiver.readSlowly(4 * 1024 * 1024);
    const underWay = new UnderWay(sender, receiver, bytes);
    await receiver.untilCount(256 * 1024);
    underWay.#goOn = () => {
      stopReading();
      receiver.socket.resume();
    };
    return underWay;
  }

  #goOn: () => void = () => undefined;

  get received(): number {
    return this.#receiver.count;
  }

  /** Waits until more has arrived since now. */
  async untilMore(bytes = 1024 * 1024): Promise<void> {
    await this.#receiver.untilCount(Math.min(this.#bytes, this.received + bytes));
  }

  /** At full speed to the end: every byte, the notice, FIN both ways. */
  async expectWhole(): Promise<void> {
    this.#goOn();
    await this.#sending;
    this.#sender.end();
    await this.#receiver.untilEnd();
    this.#receiver.socket.end();
    expect(this.#receiver.count).toBe(this.#bytes);
    expect(this.#receiver.digest()).toBe(noiseHash(this.#bytes));
    expect(this.#receiver.rest).toBe('DISCONNECT\n');
    await this.#sender.untilClosed();
    expect(this.#sender.text).toBe('DISCONNECT\n');
  }

  [Symbol.dispose](): void {
    this.#sender[Symbol.dispose]();
    this.#receiver[Symbol.dispose]();
  }
}
