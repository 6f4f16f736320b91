import type { Socket } from 'node:net';
import type { Code } from './code.js';
import { ProtocolError, WrongCode } from './errors.js';
import { formatFrame, FrameReader } from './frames.js';
import { ReceiverAgreement, SenderAgreement } from './key-agreement.js';
import type { SessionKeys } from './key-schedule.js';
import { type Line, resetAtOnce } from './line.js';
import { ChannelMessage, endMessage, keepaliveMessage, type Message } from './messages.js';
import { Queue } from './queue.js';
import { Quiet } from './quiet.js';
import { type FinalReason, finalReason, MAX_NOTICE_BYTES } from './relay-endings.js';
import { Opener, Sealer } from './sealed-channel.js';
import { wasCut } from './unreachable.js';

/** A side that has nothing to say says so this often, in milliseconds. */
const KEEPALIVE_MS = 10_000;

/** After so long without a byte from the other side, its line counts as cut. In milliseconds. */
const SILENCE_MS = 35_000;

/** How long the other side has to read our last words and close, in milliseconds. */
const REPLY_READ_MS = 1_000;
const END_READ_MS = 2_000;

/** In so long a line that works takes something of what is queued: a frame is 256 KiB as a rule. In milliseconds. */
const FLUSH_STEP_MS = 8_000;

/** The line to the other side is gone, by whatever cause: worth another try. */
export class LineCut extends Error {
  override readonly name: string = 'LineCut';
}

/** A line that the relay has cut for good, and said why: another try would not mend it. */
export class RelayEnded extends LineCut {
  override readonly name = 'RelayEnded';
  readonly reason: FinalReason;

  constructor(reason: FinalReason) {
    super(`The relay ended the transfer: ${reason}.`);
    this.reason = reason;
  }
}

/**
 * Reads frames off a line, one at a time. Nothing is read that nobody asked for: that is the backpressure. It is also
 * why bodies may be views into what the line has read: it reads on when all of them were taken, and one more is asked for.
 */
class FrameSource {
  readonly #line: Line;
  readonly #reader = new FrameReader();
  readonly #bodies = new Queue<Buffer>();
  #wake: () => void = () => undefined;
  #failure: Error | undefined;
  /** The last that was read: the relay's notice stands there, also where it had to stop within a frame. */
  #tail = Buffer.alloc(0);
  #isDraining = false;

  constructor(line: Line) {
    this.#line = line;
    const fail = (why: string, cause?: Error): void => {
      this.#failure ??= new LineCut(why, { cause });
      this.#wake();
    };
    line.on('end', () => {
      this.#failure ??= endedBy(this.#tail.toString('latin1'));
      fail('The line was cut.');
    });
    line.on('error', (error) => fail(wasCut(error), error));
    line.on('close', () => fail('The line was cut.'));
    const take = (chunk: Buffer): void => {
      if (this.#isDraining) return void line.resume();
      this.#keepTail(chunk);
      this.#bodies.add(this.#reader.push(chunk));
      this.#wake();
    };
    line.readBy(take, () => this.#reader.space);
  }

  #keepTail(chunk: Buffer): void {
    const kept = chunk.length < MAX_NOTICE_BYTES ? Buffer.concat([this.#tail, chunk]) : chunk;
    this.#tail = Buffer.from(kept.subarray(-MAX_NOTICE_BYTES));
  }

  /** Reads and forgets the rest, up to the end: a relay's notice, for instance. */
  drain(): void {
    this.#isDraining = true;
    this.#line.resume();
  }

  /** The next body, which is good until the one after it is asked for. @throws LineCut, ProtocolError */
  async next(silenceMs = SILENCE_MS): Promise<Buffer> {
    for (;;) {
      const body = this.#bodies.take();
      if (body !== undefined) return body;
      const { end } = this.#reader;
      if (end !== undefined) {
        if ('error' in end) throw end.error;
        throw endedBy(end.notice) ?? new LineCut('The relay says that the other side is gone.');
      }
      if (this.#failure !== undefined) throw this.#failure;
      const heard = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), silenceMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
        this.#line.resume();
      });
      if (!heard) throw new LineCut('Nothing was heard of the other side for a while.');
    }
  }
}

function endedBy(notice: string): RelayEnded | undefined {
  const reason = finalReason(notice);
  return reason === undefined ? undefined : new RelayEnded(reason);
}

/**
 * One connection between the two tools, after the key agreement: whole messages, sealed, both ways.
 * Everything that ends it before its `end` is a LineCut, or an error that another try would not mend.
 */
export class Session {
  readonly #socket: Socket;
  readonly #source: FrameSource;
  readonly #sealer: Sealer;
  readonly #opener: Opener;
  readonly #messages = new Queue<Message>();
  readonly #quiet = new Quiet();
  readonly #keepalive: NodeJS.Timeout;

  private constructor(socket: Socket, source: FrameSource, keys: SessionKeys) {
    this.#socket = socket;
    this.#source = source;
    this.#sealer = new Sealer(keys.sendKey);
    this.#opener = new Opener(keys.receiveKey);
    this.#keepalive = setInterval(() => {
      if (socket.writable && socket.writableLength === 0 && !this.#sealer.ended)
        this.#write([keepaliveMessage()]);
    }, KEEPALIVE_MS);
    this.#keepalive.unref();
  }

  /** Agrees on keys with the receiver at the other end. @throws WrongCode, ProtocolError, LineCut */
  static async asSender(socket: Line, code: Code): Promise<Session> {
    const source = new FrameSource(socket);
    return await agreeing(socket, source, async () => {
      const agreement = new SenderAgreement(code);
      socket.write(formatFrame(agreement.hello));
      const { confirmation, keys } = agreement.receiveAnswer(await source.next());
      socket.write(formatFrame(confirmation));
      return new Session(socket, source, keys);
    });
  }

  /**
   * Agrees on keys with the sender at the other end.
   *
   * @param onAnswer called before the answer goes out, with which whoever is there can check one guess at the code
   * @throws WrongCode, ProtocolError, LineCut
   */
  static async asReceiver(
    socket: Line,
    code: Code,
    onAnswer: () => void = () => undefined,
  ): Promise<Session> {
    const source = new FrameSource(socket);
    return await agreeing(socket, source, async () => {
      const agreement = new ReceiverAgreement(code);
      const answer = agreement.receiveHello(await source.next());
      onAnswer();
      socket.write(formatFrame(answer));
      const keys = agreement.receiveConfirmation(await source.next());
      return new Session(socket, source, keys);
    });
  }

  /** Sends messages; resolves when the line takes more. Payloads are read before it returns. @throws LineCut */
  async send(...messages: readonly Message[]): Promise<void> {
    this.#write(messages);
    // Often the system takes all of it at once; that there is room is said later.
    if (!this.#socket.writableNeedDrain || this.#socket.writableLength === 0) return;
    await new Promise<void>((resolve, reject) => {
      const onDrain = (): void => settle(resolve);
      const onClose = (): void => settle(() => reject(new LineCut('The line was cut.')));
      const settle = (done: () => void): void => {
        this.#socket.off('drain', onDrain).off('close', onClose);
        done();
      };
      this.#socket.on('drain', onDrain).on('close', onClose);
      if (this.#socket.destroyed) onClose();
    });
  }

  /** The other side's next message; undefined behind its `end`. @throws LineCut, AuthenticationError, ProtocolError */
  async receive(): Promise<Message | undefined> {
    for (;;) {
      const message = this.#messages.take();
      if (message === undefined) {
        this.#messages.add(this.#opener.open(await this.#source.next()));
        this.#quiet.frame();
      } else if (message.type !== ChannelMessage.keepalive) {
        this.#quiet.over();
        return message.type === ChannelMessage.end ? undefined : message;
      }
    }
  }

  /** The next message, which must be of this type. @throws ProtocolError too */
  async expect(type: number): Promise<Buffer> {
    const message = await this.receive();
    if (message?.type !== type)
      throw new ProtocolError('The other side did not keep to the transfer protocol.');
    return message.payload;
  }

  /** Sends the authenticated end, and closes once it is out; not before, as long as the line takes anything. */
  async end(): Promise<void> {
    clearInterval(this.#keepalive);
    const socket = this.#socket;
    if (!this.#sealer.ended && socket.writable) this.#write([endMessage()]);
    socket.end();
    this.#source.drain();
    for (let queued = Infinity; socket.writableLength > 0 && socket.writableLength < queued;) {
      queued = socket.writableLength;
      await closed(socket, FLUSH_STEP_MS, 'finish');
    }
    await closed(socket, END_READ_MS);
    socket.destroy();
  }

  /** Drops the line at once, with a reset: so the relay counts us as gone, and our place in the room is free. */
  abandon(): void {
    clearInterval(this.#keepalive);
    resetAtOnce(this.#socket);
  }

  #write(messages: readonly Message[]): void {
    if (!this.#socket.writable) throw new LineCut('The line was cut.');
    this.#socket.cork();
    for (const piece of this.#sealer.seal(messages)) this.#socket.write(piece);
    this.#socket.uncork();
  }
}

/** Where it fails, the other side is told what it may be told, and the line is dropped. */
async function agreeing(
  socket: Socket,
  source: FrameSource,
  agree: () => Promise<Session>,
): Promise<Session> {
  try {
    return await agree();
  } catch (error) {
    const reply = error instanceof WrongCode || error instanceof ProtocolError ? error.reply : undefined;
    // Until it has read the reply and closed, our places in the room are taken.
    if (reply !== undefined) {
      socket.end(formatFrame(reply));
      source.drain();
      await closed(socket, REPLY_READ_MS);
    }
    resetAtOnce(socket);
    throw error;
  }
}

/** Resolves when the socket is closed (or has finished writing), or the time is over. */
async function closed(
  socket: Socket,
  patienceMs: number,
  orEvent: 'finish' | 'close' = 'close',
): Promise<void> {
  if (socket.closed) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      socket.off('close', settle).off(orEvent, settle);
      resolve();
    };
    const timer = setTimeout(settle, patienceMs);
    socket.once('close', settle).once(orEvent, settle);
  });
}
