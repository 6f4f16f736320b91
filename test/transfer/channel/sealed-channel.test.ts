import { createDecipheriv } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuthenticationError, ChannelExhausted } from '../../../src/transfer/errors.js';
import { FrameReader, HEADER_BYTES, MAX_BODY_BYTES } from '../../../src/transfer/channel/frames.js';
import {
  endMessage,
  keepaliveMessage,
  MAX_PAYLOAD_BYTES,
  type Message,
} from '../../../src/transfer/channel/messages.js';
import { MAX_FRAMES, Opener, Sealer } from '../../../src/transfer/channel/sealed-channel.js';
import { PLATFORMS } from '../platforms.js';
import { batches, keyBytes, opened, receive, seal, sealed, text } from './sealed.js';

describe.each(PLATFORMS)('a sealed channel on %s', (_name, platform) => {
  const key = platform.aead(keyBytes);

  it('opens what was sealed, in order and finished', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const result = await receive(key, Buffer.concat(await seal(key, [...all, [endMessage()]])));
        expect(result).toEqual({
          messages: [...all.flat(), endMessage()],
          error: undefined,
          outcome: 'finished',
        });
      }),
    );
  });

  it('packs small messages into one frame, and the end with them', async () => {
    const frames = await seal(key, [
      [text(0x10, 'a'), text(0x11, ''), keepaliveMessage(), text(0x12, 'b'), endMessage()],
    ]);
    expect(frames).toHaveLength(1);
    const { messages } = await receive(key, Buffer.concat(frames));
    expect(messages.map(({ type }) => type)).toEqual([0x10, 0x11, 0x01, 0x12, 0x00]);
  });

  it('deals many messages out to as few frames as hold them, none over two', async () => {
    const sizes = [
      1,
      MAX_PAYLOAD_BYTES,
      0,
      700_000,
      300_000,
      48_586,
      200_000,
      MAX_PAYLOAD_BYTES,
      38,
      MAX_PAYLOAD_BYTES,
      39,
    ];
    const sent = sizes.map((size, index) => ({ type: 0x10 + index, payload: Buffer.alloc(size, index) }));
    const bodies = new FrameReader().push(await sealed(new Sealer(key), ...sent));
    expect(bodies.every((body) => body.length <= MAX_BODY_BYTES)).toBe(true);
    const opener = new Opener(key);
    const got: Message[][] = [];
    for (const body of bodies) got.push(await opener.open(body));
    expect(got.map((messages) => messages.map(({ payload }) => payload.length))).toEqual([
      [1, MAX_PAYLOAD_BYTES, 0],
      [700_000, 300_000, 48_586],
      [200_000],
      [MAX_PAYLOAD_BYTES, 38],
      [MAX_PAYLOAD_BYTES],
      [39],
    ]);
    expect(got.flat().every((one, index) => sent[index]!.payload.equals(one.payload))).toBe(true);
  });

  it('leaves the payloads as they are', async () => {
    const payload = Buffer.alloc(100_000, 7);
    await new Sealer(key).seal([{ type: 0x10, payload }]);
    expect(payload.equals(Buffer.alloc(100_000, 7))).toBe(true);
  });

  it('seals nothing out of nothing', async () => {
    expect(await new Sealer(key).seal([])).toEqual([]);
  });

  it('is AES-256-GCM with the header as additional data and the number of the frame as nonce', async () => {
    const frames = await seal(key, [[text(0x10, 'first')], [text(0x11, 'second')]]);
    for (const [number, frame] of frames.entries()) {
      const nonce = Buffer.from(`00000000${number.toString(16).padStart(16, '0')}`, 'hex');
      const decipher = createDecipheriv('aes-256-gcm', keyBytes, nonce);
      decipher.setAAD(frame.subarray(0, HEADER_BYTES)).setAuthTag(frame.subarray(-16));
      const plain = Buffer.concat([decipher.update(frame.subarray(HEADER_BYTES, -16)), decipher.final()]);
      expect(plain.toString('hex')).toBe(number === 0 ? '10000000056669727374' : '11000000067365636f6e64');
    }
  });

  it('never gives the same bytes twice', async () => {
    const [one, two] = await seal(key, [[text(0x10, 'same')], [text(0x10, 'same')]]);
    expect(one).not.toEqual(two);
  });

  it('reads the payloads before it returns: they may be changed while it is waited for', async () => {
    const payload = Buffer.alloc(100_000, 7);
    const sealing = sealed(new Sealer(key), { type: 0x10, payload });
    payload.fill(8);
    const { messages } = await receive(key, await sealing);
    expect(messages[0]?.payload.every((byte) => byte === 7)).toBe(true);
  });

  it('gives what it sealed in the order in which it was asked to, the large before the small', async () => {
    const sealer = new Sealer(key);
    const order: number[] = [];
    const asked = [MAX_PAYLOAD_BYTES, 1, 500_000, 0].map((size) => text(0x10, 'x'.repeat(size)));
    const pieces = await Promise.all(
      asked.map(async (message, index) => {
        const bytes = await sealed(sealer, message);
        order.push(index);
        return bytes;
      }),
    );
    expect(order).toEqual([0, 1, 2, 3]);
    const { messages } = await receive(key, Buffer.concat(pieces));
    expect(messages.map(({ payload }) => payload.length)).toEqual([MAX_PAYLOAD_BYTES, 1, 500_000, 0]);
  });
});

describe.each(PLATFORMS)('the end on %s', (_name, platform) => {
  const key = platform.aead(keyBytes);

  it('is said once, as the last message', async () => {
    const sealer = new Sealer(key);
    expect(() => sealer.seal([endMessage(), text(0x10, 'more')])).toThrow(RangeError);
    expect(sealer.ended).toBe(false);
    await sealer.seal([text(0x10, 'last'), endMessage()]);
    expect(sealer.ended).toBe(true);
    expect(() => sealer.seal([keepaliveMessage()])).toThrow('after the end');
  });

  it('makes the opener refuse whatever comes after it, and stays an end', async () => {
    const opener = new Opener(key);
    const [frame] = await seal(key, [[endMessage()]]);
    await opener.open(frame!.subarray(HEADER_BYTES));
    expect(opener.outcome).toBe('finished');
    // A frame that would be the next one: a sealer that does not keep to the rule could send it.
    const unruly = new Sealer(key);
    await unruly.seal([keepaliveMessage()]);
    const next = await sealed(unruly, text(0x10, 'more'));
    await expect(opened(opener, next.subarray(HEADER_BYTES))).rejects.toThrow(AuthenticationError);
    expect(opener.outcome).toBe('finished');
  });
});

describe.each(PLATFORMS)('limits on %s', (_name, platform) => {
  const key = platform.aead(keyBytes);

  it('refuses to seal what is no message, and goes on with what is', async () => {
    const sealer = new Sealer(key);
    const bad = [
      { type: -1, payload: Buffer.alloc(0) },
      { type: 256, payload: Buffer.alloc(0) },
      { type: 0x10, payload: Buffer.alloc(MAX_PAYLOAD_BYTES + 1) },
      { type: 0x00, payload: Buffer.alloc(1) },
      { type: 0x01, payload: Buffer.alloc(1) },
    ];
    for (const one of bad) expect(() => sealer.seal([text(0x10, 'ok'), one])).toThrow(RangeError);
    const { messages } = await receive(key, await sealed(sealer, text(0x10, 'ok')));
    expect(messages).toEqual([text(0x10, 'ok')]);
  });

  it('refuses to seal or open more frames than one key may protect', async () => {
    const sealer = new Sealer(key, { maxFrames: 2 });
    const opener = new Opener(key, { maxFrames: 2 });
    const bodies: Uint8Array[] = [];
    for (let frame = 0; frame < 2; frame += 1)
      bodies.push(...new FrameReader().push(await sealed(sealer, keepaliveMessage())));
    expect(() => sealer.seal([keepaliveMessage()])).toThrow(ChannelExhausted);
    for (const body of bodies) await opener.open(body);
    await expect(opened(opener, bodies[0]!)).rejects.toThrow(ChannelExhausted);
    expect(opener.outcome).toBe('cut');
  });

  it('are those of the specification', () => {
    expect(MAX_FRAMES).toBe(4_294_967_296);
    expect(MAX_PAYLOAD_BYTES).toBe(1_048_576);
  });

  it('seals nothing where not all of it fits', async () => {
    const sealer = new Sealer(key, { maxFrames: 1 });
    const big = { type: 0x10, payload: Buffer.alloc(MAX_PAYLOAD_BYTES) };
    expect(() => sealer.seal([big, big])).toThrow(ChannelExhausted);
    const { error } = await receive(key, await sealed(sealer, text(0x10, 'ok')));
    expect(error).toBeUndefined();
  });
});

describe.each(PLATFORMS)('what people may see on %s', (_name, platform) => {
  const key = platform.aead(keyBytes);

  it('errors say nothing of keys or payloads', async () => {
    const opener = new Opener(key);
    const body = Buffer.from('secret payload, and more of it');
    const error: unknown = await opened(opener, body).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AuthenticationError);
    const printed = inspect(error, { showHidden: true, depth: 9 });
    expect(printed).not.toMatch(/secret|payload|5a/);
  });

  it('neither end prints its key', () => {
    for (const end of [new Sealer(key), new Opener(key)]) {
      const printed = inspect(end, { showHidden: true, depth: 9 }) + JSON.stringify(end);
      expect(printed).not.toMatch(/5a|90/);
    }
  });
});
