import { expect } from 'vitest';
import { Client } from './client.js';
import { feed, noiseHash, Sink } from './flow.js';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;

/** A transfer that stands still in its middle: its receiver does not read on. */
export class HeldTransfer implements Disposable {
  readonly #sender: Client;
  readonly #receiver: Sink;
  readonly #fed: Promise<void>;

  private constructor(sender: Client, receiver: Sink) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#fed = feed(sender.socket, SIZE);
  }

  static async start(port: number, code: string): Promise<HeldTransfer> {
    const receiver = await Sink.connect(port, { line: `${code}:receiver:wait\n`, payload: SIZE });
    const transfer = new HeldTransfer(await Client.connect(port, { line: `${code}:sender\n` }), receiver);
    await receiver.untilCount(MIB);
    receiver.socket.pause();
    return transfer;
  }

  /** Lets it go on, and looks that every byte and the notice arrive. */
  async finish(): Promise<void> {
    this.#receiver.socket.resume();
    await this.#fed;
    this.#sender.end();
    await this.#receiver.untilEnd();
    expect([this.#receiver.digest(), this.#receiver.rest]).toEqual([noiseHash(SIZE), 'DISCONNECT\n']);
    this.#receiver.socket.end();
  }

  [Symbol.dispose](): void {
    this.#sender[Symbol.dispose]();
    this.#receiver[Symbol.dispose]();
  }
}
