import { createDecipheriv } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuthenticationError, ChannelExhausted } from '../../../src/transfer/errors.js';
import { FrameReader, HEADER_BYTES, MAX_BODY_BYTES } from '../../../src/transfer/channel/frames.js';
import { endMessage, keepaliveMessage, MAX_PAYLOAD_BYTES } from '../../../src/transfer/channel/messages.js';
import { MAX_FRAMES, Opener, Sealer } from '../../../src/transfer/channel/sealed-channel.js';
import { thrownBy } from '../agreement.js';
import { batches, key, keyBytes, receive, seal, text } from './sealed.js';

describe('a sealed channel', () => {
  it('opens what was sealed, in order and finished', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const result = receive(Buffer.concat(seal([...all, [endMessage()]])));
        expect(result).toEqual({
          messages: [...all.flat(), endMessage()],
          error: undefined,
          outcome: 'finished',
        });
      }),
    );
  });

  it('packs small messages into one frame, and the end with them', () => {
    const frames = seal([
      [text(0x10, 'a'), text(0x11, ''), keepaliveMessage(), text(0x12, 'b'), endMessage()],
    ]);
    expect(frames).toHaveLength(1);
    expect(receive(Buffer.concat(frames)).messages.map(({ type }) => type)).toEqual([
      0x10, 0x11, 0x01, 0x12, 0x00,
    ]);
  });

  it('deals many messages out to as few frames as hold them, none over two', () => {
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
    const bodies = new FrameReader().push(Buffer.concat(new Sealer(key).seal(sent)));
    expect(bodies.every((body) => body.length <= MAX_BODY_BYTES)).toBe(true);
    const opener = new Opener(key);
    const opened = bodies.map((body) => opener.open(body));
    expect(opened.map((messages) => messages.map(({ payload }) => payload.length))).toEqual([
      [1, MAX_PAYLOAD_BYTES, 0],
      [700_000, 300_000, 48_586],
      [200_000],
      [MAX_PAYLOAD_BYTES, 38],
      [MAX_PAYLOAD_BYTES],
      [39],
    ]);
    expect(opened.flat().every((one, index) => one.payload.equals(sent[index]!.payload))).toBe(true);
  });

  it('leaves the payloads as they are', () => {
    const payload = Buffer.alloc(100_000, 7);
    new Sealer(key).seal([{ type: 0x10, payload }]);
    expect(payload.equals(Buffer.alloc(100_000, 7))).toBe(true);
  });

  it('seals nothing out of nothing', () => {
    expect(new Sealer(key).seal([])).toEqual([]);
  });

  it('is AES-256-GCM with the header as additional data and the number of the frame as nonce', () => {
    const frames = seal([[text(0x10, 'first')], [text(0x11, 'second')]]);
    for (const [number, frame] of frames.entries()) {
      const nonce = Buffer.from(`00000000${number.toString(16).padStart(16, '0')}`, 'hex');
      const decipher = createDecipheriv('aes-256-gcm', keyBytes, nonce);
      decipher.setAAD(frame.subarray(0, HEADER_BYTES)).setAuthTag(frame.subarray(-16));
      const plain = Buffer.concat([decipher.update(frame.subarray(HEADER_BYTES, -16)), decipher.final()]);
      expect(plain.toString('hex')).toBe(number === 0 ? '10000000056669727374' : '11000000067365636f6e64');
    }
  });

  it('never gives the same bytes twice', () => {
    const [one, two] = seal([[text(0x10, 'same')], [text(0x10, 'same')]]);
    expect(one).not.toEqual(two);
  });
});

describe('the end', () => {
  it('is said once, as the last message', () => {
    const sealer = new Sealer(key);
    expect(() => sealer.seal([endMessage(), text(0x10, 'more')])).toThrow(RangeError);
    expect(sealer.ended).toBe(false);
    sealer.seal([text(0x10, 'last'), endMessage()]);
    expect(sealer.ended).toBe(true);
    expect(() => sealer.seal([keepaliveMessage()])).toThrow('after the end');
  });

  it('makes the opener refuse whatever comes after it, and stays an end', () => {
    const opener = new Opener(key);
    const [frame] = seal([[endMessage()]]);
    opener.open(frame!.subarray(HEADER_BYTES));
    expect(opener.outcome).toBe('finished');
    // A frame that would be the next one: a sealer that does not keep to the rule could send it.
    const unruly = new Sealer(key);
    unruly.seal([keepaliveMessage()]);
    const next = Buffer.concat(unruly.seal([text(0x10, 'more')]));
    expect(() => opener.open(next.subarray(HEADER_BYTES))).toThrow(AuthenticationError);
    expect(opener.outcome).toBe('finished');
  });
});

describe('limits', () => {
  it('refuses to seal what is no message, and goes on with what is', () => {
    const sealer = new Sealer(key);
    const bad = [
      { type: -1, payload: Buffer.alloc(0) },
      { type: 256, payload: Buffer.alloc(0) },
      { type: 0x10, payload: Buffer.alloc(MAX_PAYLOAD_BYTES + 1) },
      { type: 0x00, payload: Buffer.alloc(1) },
      { type: 0x01, payload: Buffer.alloc(1) },
    ];
    for (const one of bad) expect(() => sealer.seal([text(0x10, 'ok'), one])).toThrow(RangeError);
    expect(receive(Buffer.concat(sealer.seal([text(0x10, 'ok')]))).messages).toEqual([text(0x10, 'ok')]);
  });

  it('refuses to seal or open more frames than one key may protect', () => {
    const sealer = new Sealer(key, { maxFrames: 2 });
    const opener = new Opener(key, { maxFrames: 2 });
    const bodies = [0, 1].flatMap(() =>
      new FrameReader().push(Buffer.concat(sealer.seal([keepaliveMessage()]))),
    );
    expect(() => sealer.seal([keepaliveMessage()])).toThrow(ChannelExhausted);
    for (const body of bodies) opener.open(body);
    expect(() => opener.open(bodies[0]!)).toThrow(ChannelExhausted);
    expect(opener.outcome).toBe('cut');
  });

  it('are those of the specification', () => {
    expect(MAX_FRAMES).toBe(4_294_967_296);
    expect(MAX_PAYLOAD_BYTES).toBe(1_048_576);
  });

  it('seals nothing where not all of it fits', () => {
    const sealer = new Sealer(key, { maxFrames: 1 });
    const big = { type: 0x10, payload: Buffer.alloc(MAX_PAYLOAD_BYTES) };
    expect(() => sealer.seal([big, big])).toThrow(ChannelExhausted);
    expect(receive(Buffer.concat(sealer.seal([text(0x10, 'ok')]))).error).toBeUndefined();
  });
});

describe('what people may see', () => {
  it('errors say nothing of keys or payloads', () => {
    const opener = new Opener(key);
    const error = thrownBy(() => opener.open(Buffer.from('secret payload, and more of it')));
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
