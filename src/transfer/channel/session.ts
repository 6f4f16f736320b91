import { equalBytes } from '../bytes.js';
import type { Code } from '../code.js';
import type { Line } from '../line.js';
import type { Context } from '../context.js';
import type { Platform } from '../platform.js';
import { ProtocolError, unexpected, WrongCode } from '../errors.js';
import { FrameSource } from './frame-source.js';
import { formatFrame } from './frames.js';
import { ReceiverAgreement, SenderAgreement } from '../keys/key-agreement.js';
import type { SessionKeys } from '../keys/key-schedule.js';
import { LineCut, NotConfirmed, OtherSideEnded } from '../line-errors.js';
import { ChannelMessage, endMessage, keepaliveMessage, type Message } from './messages.js';
import { type PrivateRoom, privateRoomOf } from '../keys/private-room.js';
import { Queue } from './queue.js';
import { Quiet } from './quiet.js';
import { Opener, Sealer } from './sealed-channel.js';
import { atMost } from '../within.js';

/** A side that has nothing to say says so this often, in milliseconds. */
const KEEPALIVE_MS = 10_000;

/** In so long a line that works takes something of what is queued: a frame is 256 KiB as a rule. In milliseconds. */
const FLUSH_STEP_MS = 8_000;

type SessionContext = Pick<Context, 'platform' | 'timing'>;

export interface AgreeOptions {
  /** What is in place of its first word where it has ended. */
  readonly note?: Uint8Array | undefined;
}

/**
 * One connection between the two tools, after the key agreement: whole messages, sealed, both ways.
 * Everything that ends it before its `end` is a LineCut, or an error that another try would not mend.
 */
export class Session {
  readonly #line: Line;
  readonly #platform: Platform;
  readonly #endReadMs: number;
  readonly #source: FrameSource;
  readonly #sealer: Sealer;
  readonly #opener: Opener;
  readonly #messages = new Queue<Message>();
  readonly #quiet: Quiet;
  readonly #stopKeepalives: () => void;
  #heard: Message | undefined;
  /** What was sealed last, where the platform has to wait for it. */
  #sealing: Promise<unknown> | undefined;
  /** This side says nothing more. */
  #isOver = false;
  /** Where the two meet again: they know it, and nobody else does. */
  readonly privateRoom: PrivateRoom;

  private constructor(
    line: Line,
    { platform, timing }: SessionContext,
    source: FrameSource,
    keys: SessionKeys,
  ) {
    this.privateRoom = privateRoomOf(keys);
    this.#line = line;
    this.#platform = platform;
    this.#endReadMs = timing.lastWordsMs.end;
    this.#quiet = new Quiet(() => platform.now());
    this.#source = source;
    this.#sealer = new Sealer(keys.sendKey);
    this.#opener = new Opener(keys.receiveKey);
    this.#stopKeepalives = platform.startInterval(KEEPALIVE_MS, () => {
      if (line.unsent === 0) this.send(keepaliveMessage()).catch(() => undefined);
    });
  }

  /** Agrees on keys with the receiver at the other end. @throws WrongCode, NotConfirmed, OtherSideEnded */
  static async asSender(
    line: Line,
    code: Code,
    context: SessionContext,
    options: AgreeOptions = {},
  ): Promise<Session> {
    return await agreeing(line, context, options, async (source, say, nextWord) => {
      const agreement = new SenderAgreement(code, context.platform);
      say(agreement.hello);
      const { confirmation, keys } = agreement.receiveAnswer(await nextWord());
      say(confirmation);
      return new Session(line, context, source, keys);
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
    context: SessionContext,
    options: AgreeOptions & { readonly onAnswer?: () => void } = {},
  ): Promise<Session> {
    return await agreeing(line, context, options, async (source, say, nextWord) => {
      const agreement = new ReceiverAgreement(code, context.platform);
      const answer = agreement.receiveHello(await nextWord());
      options.onAnswer?.();
      say(answer);
      const keys = agreement.receiveConfirmation(await nextWord());
      return new Session(line, context, source, keys);
    });
  }

  /** Sends messages; resolves when the line takes more. Payloads are read before it returns. @throws LineCut */
  async send(...messages: readonly Message[]): Promise<void> {
    if (this.#isOver) throw new LineCut();
    const sealed = this.#sealer.seal(messages);
    if (sealed instanceof Promise) this.#sealing = sealed;
    await this.#line.write(sealed instanceof Promise ? await sealed : sealed);
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
        const opened = this.#opener.open(await this.#source.next());
        this.#messages.add(opened instanceof Promise ? await opened : opened);
        this.#quiet.frame();
      } else if (message.type !== ChannelMessage.keepalive) {
        this.#quiet.over();
        this.#heard = message;
      }
    }
  }

  /** The next message, which must be of this type. @throws ProtocolError too */
  async expect(type: number): Promise<Uint8Array> {
    const message = await this.receive();
    if (message?.type !== type) throw unexpected();
    return message.payload;
  }

  /** Sends the authenticated end, and closes once it is out; not before, as long as the line takes anything. */
  async end(): Promise<void> {
    this.#stopKeepalives();
    const line = this.#line;
    if (!this.#sealer.ended) this.send(endMessage()).catch(() => undefined);
    this.#isOver = true;
    // Whoever sent it waits for the same, and writes first.
    if (this.#sealing !== undefined) await this.#sealing;
    const isOut = line.end();
    for (let unsent = Infinity; line.unsent > 0 && line.unsent < unsent;) {
      unsent = line.unsent;
      await atMost(FLUSH_STEP_MS, isOut, this.#platform);
    }
    await atMost(this.#endReadMs, line.closed, this.#platform);
    line.abandon();
  }

  /** Drops the line at once, with a reset: so the relay counts us as gone, and our place in the room is free. */
  abandon(): void {
    this.#stopKeepalives();
    this.#isOver = true;
    this.#line.abandon();
  }
}

/** Where it fails, whoever is there is told what they may be told, and the line is dropped. */
async function agreeing(
  line: Line,
  { platform, timing }: SessionContext,
  { note }: AgreeOptions,
  agree: (
    source: FrameSource,
    say: (word: Uint8Array) => void,
    nextWord: () => Promise<Uint8Array>,
  ) => Promise<Session>,
): Promise<Session> {
  const source = new FrameSource(line, platform);
  const say = (word: Uint8Array): void => {
    // Where the line is cut, the next word does not come.
    line.write([formatFrame(word)]).catch(() => undefined);
  };
  try {
    return await agree(source, say, async () => {
      const word = await source.next(timing.wordMs);
      if (note !== undefined && equalBytes(note, word)) throw new OtherSideEnded();
      return word;
    });
  } catch (error) {
    const reply = error instanceof WrongCode || error instanceof ProtocolError ? error.reply : undefined;
    // Until it has read the reply and closed, our places in the room are taken.
    if (reply !== undefined) {
      say(reply);
      void line.end();
      await atMost(timing.lastWordsMs.refusal, line.closed, platform);
    }
    line.abandon();
    if (error instanceof ProtocolError || error instanceof LineCut) throw new NotConfirmed(error);
    throw error;
  }
}
