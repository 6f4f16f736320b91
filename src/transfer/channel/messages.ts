import { concat, NO_BYTES, viewOf } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { MAX_BODY_BYTES } from './frames.js';

/** A message: `type u8 | length u32 big-endian | payload`. One or more stand in the plaintext of a frame. */
export interface Message {
  /** 0 to 255. Those of `ChannelMessage` are the channel's own. */
  readonly type: number;
  /** At most `MAX_PAYLOAD_BYTES`. */
  readonly payload: Uint8Array;
}

/** What the channel itself knows; both are empty. Types from 0x10 are the application's, the others are kept free. */
export const ChannelMessage = {
  /** The last message of its direction: the other side has all of it. */
  end: 0x00,
  /** Says nothing but that this side is there. */
  keepalive: 0x01,
} as const;

/** Type and length. */
export const MESSAGE_HEAD_BYTES = 5;
/** GCM's tag, whole (NIST SP 800-38D, 5.2.1.2). */
export const GCM_TAG_BYTES = 16;
export const MAX_PLAINTEXT_BYTES = MAX_BODY_BYTES - GCM_TAG_BYTES;
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** Payloads under this many bytes are copied together, which costs less than a call to the cipher for each. */
const COPY_BELOW_BYTES = 16 * 1024;

/** One for all: a frame may hold two hundred thousand. */
const KEEPALIVE: Message = { type: ChannelMessage.keepalive, payload: NO_BYTES };

export function endMessage(): Message {
  return { type: ChannelMessage.end, payload: NO_BYTES };
}

export function keepaliveMessage(): Message {
  return KEEPALIVE;
}

/** @throws RangeError where it is no message, or the `end` is not the last */
export function checkMessages(messages: readonly Message[]): void {
  for (const [index, { type, payload }] of messages.entries()) {
    if (!Number.isInteger(type) || type < 0 || type > 0xff) throw new RangeError('A type is 0 to 255.');
    if (payload.length > MAX_PAYLOAD_BYTES)
      throw new RangeError(`A payload has at most ${MAX_PAYLOAD_BYTES} bytes.`);
    if (isChannels(type) && payload.length > 0)
      throw new RangeError('The messages of the channel are empty.');
    if (type === ChannelMessage.end && index < messages.length - 1)
      throw new RangeError('Nothing follows the end.');
  }
}

function isChannels(type: number): boolean {
  return type === ChannelMessage.end || type === ChannelMessage.keepalive;
}

/** Deals messages out to frames, in order, as many to each as fit. */
export function packMessages(messages: readonly Message[]): Message[][] {
  const frames: Message[][] = [];
  let room = 0;
  for (const message of messages) {
    const bytes = MESSAGE_HEAD_BYTES + message.payload.length;
    const frame = frames.at(-1);
    if (frame !== undefined && bytes <= room) {
      frame.push(message);
      room -= bytes;
    } else {
      frames.push([message]);
      room = MAX_PLAINTEXT_BYTES - bytes;
    }
  }
  return frames;
}

/** The plaintext of one frame, in pieces, so that large payloads are not copied. */
export function formatPlaintext(messages: readonly Message[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  for (const { type, payload } of messages) {
    const head = new Uint8Array(MESSAGE_HEAD_BYTES);
    const view = viewOf(head);
    view.setUint8(0, type);
    view.setUint32(1, payload.length);
    small.push(head);
    if (payload.length < COPY_BELOW_BYTES) {
      small.push(payload);
    } else {
      pieces.push(concat(small), payload);
      small = [];
    }
  }
  if (small.length > 0) pieces.push(concat(small));
  return pieces;
}

/**
 * The messages of a plaintext that was authenticated; their payloads are views into it.
 *
 * @throws ProtocolError where it is not one or more whole messages, or breaks a rule of `ChannelMessage`
 */
export function parsePlaintext(plaintext: Uint8Array): Message[] {
  const messages: Message[] = [];
  const view = viewOf(plaintext);
  let offset = 0;
  do {
    if (plaintext.length - offset < MESSAGE_HEAD_BYTES) throw malformed();
    const type = view.getUint8(offset);
    const start = offset + MESSAGE_HEAD_BYTES;
    offset = start + view.getUint32(offset + 1);
    const isLast = offset >= plaintext.length;
    if (offset > plaintext.length || offset - start > MAX_PAYLOAD_BYTES) throw malformed();
    if ((isChannels(type) && offset > start) || (type === ChannelMessage.end && !isLast)) throw malformed();
    if (type === ChannelMessage.keepalive) messages.push(KEEPALIVE);
    else messages.push({ type, payload: plaintext.subarray(start, offset) });
  } while (offset < plaintext.length);
  return messages;
}

function malformed(): ProtocolError {
  return new ProtocolError('The other side sent a message that does not follow the transfer protocol.');
}
