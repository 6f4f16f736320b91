import fc from 'fast-check';
import { formatFrame, FrameReader } from '../../../src/transfer/channel/frames.js';
import { type Message } from '../../../src/transfer/channel/messages.js';
import { Opener, Sealer } from '../../../src/transfer/channel/sealed-channel.js';
import type { Aead } from '../../../src/transfer/platform.js';

export const keyBytes = Buffer.alloc(32, 0x5a);
export const text = (type: number, payload: string): Message => ({
  type,
  payload: Uint8Array.from(Buffer.from(payload)),
});
export const message: fc.Arbitrary<Message> = fc.record({
  type: fc.integer({ min: 0x10, max: 0xff }),
  payload: fc.uint8Array({ maxLength: 50 }),
});
export const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});

/** The frames of a sealed stream, each with its header. */
export async function seal(key: Aead, batchesOfMessages: readonly (readonly Message[])[]): Promise<Buffer[]> {
  const sealer = new Sealer(key);
  const frames: Buffer[] = [];
  for (const messages of batchesOfMessages) frames.push(...framesOf(await sealed(sealer, ...messages)));
  return frames;
}

/** What is to be written of some messages. */
export async function sealed(sealer: Sealer, ...messages: readonly Message[]): Promise<Buffer> {
  return Buffer.concat(await sealer.seal(messages));
}

export function framesOf(stream: Uint8Array): Buffer[] {
  return new FrameReader().push(stream).map((body) => Buffer.from(formatFrame(body)));
}

/** What an opener says of one body, or rejects with. */
export async function opened(opener: Opener, body: Uint8Array): Promise<Message[]> {
  const messages = await opener.open(body);
  // As plain bytes: what a platform gives may be a kind of them.
  return messages.map(({ type, payload }) => ({ type, payload: Uint8Array.from(payload) }));
}

/** What a receiver makes of a stream: the messages it trusts, and how it ended. */
export async function receive(key: Aead, stream: Uint8Array) {
  const reader = new FrameReader();
  const opener = new Opener(key);
  const messages: Message[] = [];
  let error: unknown;
  try {
    for (const body of reader.push(stream)) messages.push(...(await opened(opener, body)));
  } catch (caught) {
    error = caught;
  }
  if (reader.end !== undefined && 'error' in reader.end) error ??= reader.end.error;
  return { messages, error, outcome: opener.outcome };
}
