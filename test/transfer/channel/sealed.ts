import { createSecretKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { formatFrame, FrameReader } from '../../../src/transfer/channel/frames.js';
import { type Message } from '../../../src/transfer/channel/messages.js';
import { Opener, Sealer } from '../../../src/transfer/channel/sealed-channel.js';

export const keyBytes = Buffer.alloc(32, 0x5a);
export const key: KeyObject = createSecretKey(keyBytes);
export const text = (type: number, payload: string): Message => ({ type, payload: Buffer.from(payload) });
export const message: fc.Arbitrary<Message> = fc.record({
  type: fc.integer({ min: 0x10, max: 0xff }),
  payload: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
});
export const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});

/** The frames of a sealed stream, each with its header. */
export function seal(batchesOfMessages: readonly (readonly Message[])[]): Buffer[] {
  const sealer = new Sealer(key);
  return batchesOfMessages.flatMap((messages) => framesOf(Buffer.concat(sealer.seal(messages))));
}

export function framesOf(stream: Buffer): Buffer[] {
  return new FrameReader().push(stream).map((body) => formatFrame(body));
}

/** What a receiver makes of a stream: the messages it trusts, and how it ended. */
export function receive(stream: Buffer) {
  const reader = new FrameReader();
  const opener = new Opener(key);
  const messages: Message[] = [];
  let error: unknown;
  try {
    for (const body of reader.push(stream)) messages.push(...opener.open(body));
  } catch (caught) {
    error = caught;
  }
  if (reader.end !== undefined && 'error' in reader.end) error ??= reader.end.error;
  return { messages, error, outcome: opener.outcome };
}
