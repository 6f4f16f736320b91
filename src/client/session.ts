import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Code } from '../transfer/code.js';
import { ProtocolError, WrongCode } from '../transfer/errors.js';
import { FrameSource } from '../transfer/channel/frame-source.js';
import { formatFrame } from '../transfer/channel/frames.js';
import { ReceiverAgreement, SenderAgreement } from '../transfer/keys/key-agreement.js';
import type { SessionKeys } from '../transfer/keys/key-schedule.js';
import { type Line, resetAtOnce } from './line.js';
import { LineCut, NotConfirmed, OtherSideEnded } from './line-cut.js';
import { ChannelMessage, endMessage, keepaliveMessage, type Message } from '../transfer/channel/messages.js';
import { type PrivateRoom, privateRoomOf } from './private-room.js';
import { Queue } from './queue.js';
import { Quiet } from './quiet.js';
import { Opener, Sealer } from '../transfer/channel/sealed-channel.js';
import { TIMING } from './timing.js';

/** A side that has nothing to say says so this often, in milliseconds. */
const KEEPALIVE_MS = 10_000;

/** How long the other side has to read our last words and close, in milliseconds. */
const REPLY_READ_MS = 1_000;
const END_READ_MS = 2_000;

/** In so long a line that works takes something of what is queued: a frame is 256 KiB as a rule. In milliseconds. */
const FLUSH_STEP_MS = 8_000;

export interface AgreeOptions {
  /** In so long each word of the other side is due, in milliseconds. */
  readonly wordMs?: number;
  /** What is in place of its first word where it has ended. */
  readonly note?: Buffer | undefined;
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
