import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { KEEP_ALIVE_MS, READ_BYTES, SocketLine } from './socket-line.js';

/**
 * A line over TCP, which is still to be connected. It reads to where its reader wants it, or into one buffer that it keeps,
 * where a plain socket takes a new one each time for the collector to find.
 */
export class TcpLine extends SocketLine {
  /** More was asked for since the last chunk. */
  #isWanted = false;

  constructor() {
    const own = Buffer.allocUnsafeSlow(READ_BYTES);
    const onread: OnReadOpts = {
      buffer: () => this.space ?? own,
      callback: (bytes, buffer) => {
        this.#isWanted = false;
        this.give(buffer.subarray(0, bytes));
        return this.#isWanted;
      },
    };
    // Part of the constructor's options since Node 12; the types know them as those of `net.connect` only.
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread };
    super(new Socket(options));
    this.socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS).pause();
  }

  protected override demand(): void {
    this.#isWanted = true;
    this.socket.resume();
  }
}
