import { PassThrough, Writable } from 'node:stream';
import type { Io } from '../../../src/cli/client/io.js';
import type { View } from '../../../src/cli/client/reporter.js';

/** Collects what is written. */
export class Screen extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor({ isTTY = false, columns = 80 }: { isTTY?: boolean; columns?: number } = {}) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

export class Keyboard extends PassThrough {
  readonly isTTY: boolean;

  constructor(isTTY = true) {
    super();
    this.isTTY = isTTY;
  }
}

export function fakeIo({ isTTY = false, stdout = new Screen() } = {}): Io & {
  stdin: Keyboard;
  stdout: Screen;
  stderr: Screen;
} {
  const stdin = new Keyboard(isTTY);
  const stderr = new Screen({ isTTY });
  return { stdin, stdout, stderr, env: {}, openInput: () => stdin, openOutput: () => stdout };
}

export const SENDER: View = { side: 'send', peers: 1, showsOffer: true, otherSide: 'relay-receive' };
export const RECEIVER: View = { side: 'receive', peers: 1, showsOffer: true, otherSide: undefined };

/** A clock that stands until it is told. */
export class FakeClock {
  nowMs = 0;
  readonly read = (): number => this.nowMs;
}

/** ESC, the other C0 and C1 controls, and marks of direction: what a terminal acts on. */
export const ACTIVE = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
