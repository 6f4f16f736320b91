import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuthenticationError, ProtocolError } from '../../../src/transfer/errors.js';
import { formatFrame, HEADER_BYTES } from '../../../src/transfer/channel/frames.js';
import { endMessage, MAX_PAYLOAD_BYTES } from '../../../src/transfer/channel/messages.js';
import { Opener, Sealer } from '../../../src/transfer/channel/sealed-channel.js';
import { PLATFORMS } from '../platforms.js';
import { keyBytes, opened, receive, seal, sealed, text } from './sealed.js';

describe.each(PLATFORMS)('what is done to the frames on the way, on %s', async (_name, platform) => {
  const key = platform.aead(keyBytes);
  const sent = [
    [text(0x10, 'one')],
    [text(0x11, 'two'), text(0x12, '')],
    [text(0x13, 'three')],
    [endMessage()],
  ];
  const frames = await seal(key, sent);
  const flat = sent.flat();

  /** Whatever was done: what was handed out is a true beginning, and it is not finished. */
  async function expectDetected(stream: Uint8Array): Promise<unknown> {
    const { messages, error, outcome } = await receive(key, stream);
    expect(flat.slice(0, messages.length)).toEqual(messages);
    expect(outcome).toBe('cut');
    return error;
  }

  it('every flip of every bit of every byte is detected', async () => {
    const stream = Buffer.concat(frames);
    for (let at = 0; at < stream.length; at += 1) {
      for (let bit = 1; bit < 256; bit <<= 1) {
        const changed = Buffer.from(stream);
        changed[at] = changed[at]! ^ bit;
        await expectDetected(changed);
      }
    }
  });

  it('a changed ciphertext or tag is an authentication error', async () => {
    const changed = Buffer.from(frames[0]!);
    for (let at = HEADER_BYTES; at < changed.length; at += 1) {
      changed[at] = changed[at]! ^ 1;
      expect(await expectDetected(changed)).toBeInstanceOf(AuthenticationError);
      changed[at] = changed[at]! ^ 1;
    }
  });

  it('every reorder, repetition and omission is an authentication error', async () => {
    const orders = fc
      .array(fc.nat({ max: frames.length - 1 }), { maxLength: 6 })
      .filter((order) => order.some((frame, index) => frame !== index));
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const result = await receive(key, Buffer.concat(order.map((frame) => frames[frame]!)));
        expect(result.error).toBeInstanceOf(AuthenticationError);
        const inOrder = order.findIndex((frame, index) => frame !== index);
        expect(result.messages).toEqual(sent.slice(0, inOrder).flat());
        // What comes after the true end changes nothing about it.
        expect(result.outcome).toBe(inOrder === frames.length ? 'finished' : 'cut');
      }),
      { numRuns: 500 },
    );
  });

  it('a stream that stops is cut, wherever it stops', async () => {
    const stream = Buffer.concat(frames);
    for (let length = 0; length < stream.length; length += 1) {
      expect(await expectDetected(stream.subarray(0, length))).toBeUndefined();
    }
  });

  it('a frame that is cut short and given a fitting length is an authentication error', async () => {
    const body = frames[0]!.subarray(HEADER_BYTES);
    for (let length = 1; length < body.length; length += 1) {
      expect(await expectDetected(formatFrame(body.subarray(0, length)))).toBeInstanceOf(AuthenticationError);
    }
  });

  it("a frame of the other direction, which has another key, doesn't open", async () => {
    const other = new Sealer(platform.aead(Buffer.alloc(32, 1)));
    const stream = await sealed(other, text(0x10, 'one'));
    expect(await expectDetected(stream)).toBeInstanceOf(AuthenticationError);
  });

  it('after one error nothing opens any more, neither the frame that was due nor the one after it', async () => {
    for (const frame of frames) {
      const opener = new Opener(key);
      await expect(opened(opener, Buffer.alloc(30))).rejects.toThrow(AuthenticationError);
      await expect(opened(opener, frame.subarray(HEADER_BYTES))).rejects.toThrow(AuthenticationError);
      expect(opener.outcome).toBe('cut');
    }
  });
});

describe.each(PLATFORMS)('an authenticated frame that is no list of messages, on %s', (_name, platform) => {
  const key = platform.aead(keyBytes);

  /** Seals any plaintext as the body of frame 0, as a broken or newer client could. */
  function sealRaw(plaintext: Buffer): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(plaintext.length + 16);
    const cipher = createCipheriv('aes-256-gcm', keyBytes, Buffer.alloc(12)).setAAD(header);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  it.each([
    ['nothing', ''],
    ['a head that is cut short', '10000000'],
    ['a payload that is cut short', '1000000002aa'],
    ['a whole message and half of another', '1000000001aa10'],
    ['an end that says something', '0000000001aa'],
    ['a keepalive that says something', '0100000001aa'],
    ['a message after the end', '00000000001000000000'],
    ['a payload of 4 GiB', '10ffffffff'],
  ])('is a protocol error: %s', async (_case, hex) => {
    const opener = new Opener(key);
    await expect(opened(opener, sealRaw(Buffer.from(hex, 'hex')))).rejects.toThrow(ProtocolError);
    await expect(opened(opener, Buffer.alloc(40))).rejects.toThrow(AuthenticationError);
    expect(opener.outcome).toBe('cut');
  });

  it('is a protocol error: a payload of one byte too many', async () => {
    const plaintext = Buffer.alloc(5 + MAX_PAYLOAD_BYTES + 1);
    plaintext.writeUInt8(0x10);
    plaintext.writeUInt32BE(MAX_PAYLOAD_BYTES + 1, 1);
    await expect(opened(new Opener(key), sealRaw(plaintext))).rejects.toThrow(ProtocolError);
  });
});
