import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Code } from './code.js';
import { ProtocolError, WrongCode } from './errors.js';
import { formatFrame, FrameReader } from './frames.js';
import { ReceiverAgreement, SenderAgreement } from './key-agreement.js';
import type { SessionKeys } from './key-schedule.js';
import { type Line, resetAtOnce } from './line.js';
import { ChannelMessage, endMessage, keepaliveMessage, type Message } from './messages.js';
import { type PrivateRoom, privateRoomOf } from './private-room.js';
import { Queue } from './queue.js';
import { Quiet } from './quiet.js';
import { type FinalReason, finalReason, isNotice, MAX_NOTICE_BYTES } from './relay-endings.js';
import { Opener, Sealer } from './sealed-channel.js';
import { TIMING } from './timing.js';
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

/** The other side left, and the relay says so; or somebody on the way does. */
export class OtherSideGone extends LineCut {
  override readonly name = 'OtherSideGone';

  constructor() {
    super('The relay says that the other side is gone.');
  }
}

/** Nothing came for longer than it may take. */
export class OtherSideSilent extends LineCut {
  override readonly name = 'OtherSideSilent';

  constructor() {
    super('Nothing was heard of the other side for a while.');
  }
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
 * A line that was over before whoever is there had shown that they know the code, whatever they or the relay seemed to say:
 * it may be anybody, so nothing of it counts but that this line is gone. The cause says what it was.
 */
export class NotConfirmed extends LineCut {
  override readonly name = 'NotConfirmed';
  /** It was whoever is there, and not the line. */
  readonly isTheirs: boolean;

  constructor(cause: ProtocolError | LineCut) {
    super(cause instanceof RelayEnded ? 'The line was cut.' : cause.message, { cause });
    this.isTheirs =
      !(cause instanceof LineCut) ||
      cause instanceof OtherSideGone ||
      cause instanceof OtherSideSilent ||
      cause instanceof RelayEnded;
  }
}

/** In the private room stands the other side's note: it has ended, and will not come back. */
export class OtherSideEnded extends Error {
  override readonly name = 'OtherSideEnded';
}

export interface AgreeOptions {
  /** In so long each word of the other side is due, in milliseconds. */
  readonly wordMs?: number;
  /** What is in place of its first word where it has ended. */
  readonly note?: Buffer | undefined;
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
      const tail = this.#tail.toString('latin1');
      this.#failure ??= isNotice(tail) ? endedBy(tail) : undefined;
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

  /**
   * The next body, which is good until the one after it is asked for.
   * @param dueMs in so long it has to be whole; without it, it has to go on within the usual time
   * @throws LineCut, ProtocolError
   */
  async next(dueMs?: number): Promise<Buffer> {
    const dueAt = performance.now() + (dueMs ?? Infinity);
    for (;;) {
      const body = this.#bodies.take();
      if (body !== undefined) return body;
      const { end } = this.#reader;
      if (end !== undefined) {
        if ('error' in end) throw end.error;
        throw endedBy(end.notice);
      }
      if (this.#failure !== undefined) throw this.#failure;
      const heard = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), Math.min(SILENCE_MS, dueAt - performance.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
        this.#line.resume();
      });
      if (!heard) throw new OtherSideSilent();
    }
  }
}

function endedBy(notice: string): LineCut {
  const reason = finalReason(notice);
  return reason === undefined ? new OtherSideGone() : new RelayEnded(reason);
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
  #heard: Message | undefined;
  readonly #keepalive: NodeJS.Timeout;
  /** Where the two meet again: they know it, and nobody else does. */
  readonly privateRoom: PrivateRoom;

  private constructor(socket: Socket, source: FrameSource, keys: SessionKeys) {
    this.privateRoom = privateRoomOf(keys);
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

  /** Agrees on keys with the receiver at the other end. @throws WrongCode, NotConfirmed, OtherSideEnded */
  static async asSender(line: Line, code: Code, options: AgreeOptions = {}): Promise<Session> {
    return await agreeing(line, options, async (source, nextWord) => {
      const agreement = new SenderAgreement(code);
      line.write(formatFrame(agreement.hello));
      const { confirmation, keys } = agreement.receiveAnswer(await nextWord());
      line.write(formatFrame(confirmation));
      return new Session(line, source, keys);
    });
  }

  /**
   * Agrees on keys with the sender at the other end.
   *
   * @param onAnswer called before the answer goes out, with which whoever is there can check one guess at the code
   * @throws WrongCode, NotConfirmed, OtherSideEnded
   */
  static async asReceiver(
    line: Line,
    code: Code,
    options: AgreeOptions & { readonly onAnswer?: () => void } = {},
  ): Promise<Session> {
    return await agreeing(line, options, async (source, nextWord) => {
      const agreement = new ReceiverAgreement(code);
      const answer = agreement.receiveHello(await nextWord());
      options.onAnswer?.();
      line.write(formatFrame(answer));
      const keys = agreement.receiveConfirmation(await nextWord());
      return new Session(line, source, keys);
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
    await this.heard();
    const message = this.#heard;
    this.#heard = undefined;
    return message?.type === ChannelMessage.end ? undefined : message;
  }

  /** Resolves when the other side's next message is there, which is still to be received. @throws as `receive` does */
  async heard(): Promise<void> {
    while (this.#heard === undefined) {
      const message = this.#messages.take();
      if (message === undefined) {
        this.#messages.add(this.#opener.open(await this.#source.next()));
        this.#quiet.frame();
      } else if (message.type !== ChannelMessage.keepalive) {
        this.#quiet.over();
        this.#heard = message;
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

/** Where it fails, whoever is there is told what they may be told, and the line is dropped. */
async function agreeing(
  line: Line,
  { wordMs = TIMING.wordMs, note }: AgreeOptions,
  agree: (source: FrameSource, nextWord: () => Promise<Buffer>) => Promise<Session>,
): Promise<Session> {
  const source = new FrameSource(line);
  try {
    return await agree(source, async () => {
      const word = await source.next(wordMs);
      if (note?.length === word.length && timingSafeEqual(note, word)) throw new OtherSideEnded();
      return word;
    });
  } catch (error) {
    const reply = error instanceof WrongCode || error instanceof ProtocolError ? error.reply : undefined;
    // Until it has read the reply and closed, our places in the room are taken.
    if (reply !== undefined) {
      line.end(formatFrame(reply));
      source.drain();
      await closed(line, REPLY_READ_MS);
    }
    resetAtOnce(line);
    if (error instanceof ProtocolError || error instanceof LineCut) throw new NotConfirmed(error);
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
