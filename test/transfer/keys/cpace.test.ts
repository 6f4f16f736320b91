import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { ristretto255 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calculateGenerator,
  CpaceAbort,
  CpaceShare,
  scalarMultVfy,
} from '../../../src/transfer/keys/cpace.js';
import {
  generatorString,
  lvCat,
  prependLength,
  transcriptIr,
} from '../../../src/transfer/keys/cpace-encoding.js';

interface Vectors {
  readonly inputs: Record<'PRS' | 'CI' | 'sid' | 'ya' | 'ADa' | 'yb' | 'ADb', string>;
  readonly outputs: Record<
    'g' | 'Ya' | 'Yb' | 'K' | 'ISK_IR' | 'generatorString' | 'generatorHash' | 'sid_output_ir',
    string
  >;
  readonly points: {
    readonly valid: Record<'s' | 'X' | 'product', string>;
    readonly invalid: readonly { readonly name: string; readonly element: string }[];
  };
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/cpace-ristretto255.json', import.meta.url), 'utf8'),
) as Vectors;
const { inputs, outputs, points } = vectors;
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const hexOf = (value: Uint8Array) => Buffer.from(value).toString('hex');
const given = { password: bytes(inputs.PRS), channel: bytes(inputs.CI), sessionId: bytes(inputs.sid) };
const ada = bytes(inputs.ADa);
const adb = bytes(inputs.ADb);
const shareOf = (scalar: string) => new CpaceShare(given, () => bytes(scalar));
const peer = (element: Uint8Array, associatedData: Uint8Array) => ({ element, associatedData });

describe('the byte strings of the draft', () => {
  const range = (length: number) => Uint8Array.from({ length }, (_, index) => index);

  it('prepend_len', () => {
    expect(hexOf(prependLength(Buffer.alloc(0)))).toBe('00');
    expect(hexOf(prependLength(Buffer.from('1234')))).toBe('0431323334');
    expect(prependLength(range(127))).toEqual(Uint8Array.of(0x7f, ...range(127)));
    expect(prependLength(range(128))).toEqual(Uint8Array.of(0x80, 0x01, ...range(128)));
    expect(hexOf(prependLength(Buffer.alloc(16_384)).subarray(0, 3))).toBe('808001');
  });

  it('lv_cat', () => {
    expect(hexOf(lvCat('1234', '5', '', '678'))).toBe('043132333401350003363738');
  });

  it('transcript_ir', () => {
    const initiator = peer(Buffer.from('3456'), Buffer.from('PartyA'));
    const responder = peer(Buffer.from('2345'), Buffer.from('PartyB'));
    expect(hexOf(transcriptIr(initiator, responder))).toBe(
      '043334353606506172747941043233343506506172747942',
    );
  });

  it('no two lists of parts have the same lv_cat', () => {
    const list = fc.array(fc.uint8Array({ maxLength: 3, max: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(hexOf(lvCat(...a)) === hexOf(lvCat(...b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0, 1, 8, 100, 107, 108, 109, 110, 200])(
    'pads a password of %i bytes to the first block',
    (length) => {
      const text = generatorString('CPaceRistretto255', { ...given, password: Buffer.alloc(length, 'p') });
      const beforeChannel = text.length - lvCat(given.channel, given.sessionId).length;
      const head = lvCat('CPaceRistretto255', Buffer.alloc(length)).length;
      expect(beforeChannel).toBe(Math.max(128, head + 1));
    },
  );
});

describe("the draft's vectors for ristretto255", () => {
  it('generator', () => {
    const text = generatorString('CPaceRistretto255', given);
    expect(hexOf(text)).toBe(outputs.generatorString);
    expect(createHash('sha512').update(text).digest('hex')).toBe(outputs.generatorHash);
    expect(calculateGenerator(given).toHex()).toBe(outputs.g);
  });

  it('public shares', () => {
    expect(hexOf(shareOf(inputs.ya).element)).toBe(outputs.Ya);
    expect(hexOf(shareOf(inputs.yb).element)).toBe(outputs.Yb);
  });

  it('K, both ways', () => {
    expect(hexOf(scalarMultVfy(bytes(inputs.ya), bytes(outputs.Yb))!)).toBe(outputs.K);
    expect(hexOf(scalarMultVfy(bytes(inputs.yb), bytes(outputs.Ya))!)).toBe(outputs.K);
  });

  it('ISK, on both sides', () => {
    const initiator = { role: 'initiator', associatedData: ada } as const;
    const responder = { role: 'responder', associatedData: adb } as const;
    expect(hexOf(shareOf(inputs.ya).agree(initiator, peer(bytes(outputs.Yb), adb)))).toBe(outputs.ISK_IR);
    expect(hexOf(shareOf(inputs.yb).agree(responder, peer(bytes(outputs.Ya), ada)))).toBe(outputs.ISK_IR);
  });

  it('session id output, from the same transcript', () => {
    const transcript = transcriptIr(peer(bytes(outputs.Ya), ada), peer(bytes(outputs.Yb), adb));
    const hash = createHash('sha512').update('CPaceSidOutput').update(transcript).digest('hex');
    expect(hash).toBe(outputs.sid_output_ir);
  });

  it('a valid point', () => {
    const { s, X, product } = points.valid;
    expect(hexOf(scalarMultVfy(bytes(s), bytes(X))!)).toBe(product);
  });

  it.each(points.invalid)('aborts on $name, as either side', ({ element }) => {
    expect(scalarMultVfy(bytes(points.valid.s), bytes(element))).toBeUndefined();
    const received = peer(bytes(element), adb);
    expect(() => shareOf(inputs.ya).agree({ role: 'initiator', associatedData: ada }, received)).toThrow(
      CpaceAbort,
    );
    expect(() => shareOf(inputs.yb).agree({ role: 'responder', associatedData: adb }, received)).toThrow(
      CpaceAbort,
    );
  });
});

describe('CpaceShare', () => {
  // RFC 9496, appendix A.2 names the classes: non-canonical, negative, non-square, and of the wrong length.
  const p = 2n ** 255n - 19n;
  const littleEndian = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
  it.each([
    ['p, a second zero', littleEndian(p)],
    ['p + 2, not canonical', littleEndian(p + 2n)],
    ['with bit 255 set', littleEndian(2n ** 255n)],
    ['all ones', Buffer.alloc(32, 0xff)],
    ['1, negative', littleEndian(1n)],
    ['31 bytes', Buffer.alloc(31)],
    ['33 bytes', Buffer.alloc(33)],
    ['no bytes', Buffer.alloc(0)],
  ])('aborts on an element that is %s', (_name, element) => {
    const share = shareOf(inputs.ya);
    expect(() => share.agree({ role: 'initiator', associatedData: ada }, peer(element, adb))).toThrow(
      CpaceAbort,
    );
  });

  it('aborts on nearly half of all strings, and on nothing that is an element', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (element) => {
        let isElement = true;
        try {
          ristretto255.Point.fromBytes(element);
        } catch {
          isElement = false;
        }
        const expected = isElement && element.some((byte) => byte !== 0);
        expect(scalarMultVfy(bytes(inputs.ya), element) !== undefined).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('agrees if and only if password, channel, session id and associated data are the same', () => {
    const text = fc.uint8Array({ maxLength: 3, max: 2 });
    const side = fc.record({ password: text, channel: text, sessionId: text, ada: text, adb: text });
    fc.assert(
      fc.property(side, side, fc.boolean(), (a, other, same) => {
        const b = same ? a : other;
        const initiator = new CpaceShare(a, randomBytes);
        const responder = new CpaceShare(b, randomBytes);
        const iskA = initiator.agree(
          { role: 'initiator', associatedData: a.ada },
          peer(responder.element, a.adb),
        );
        const iskB = responder.agree(
          { role: 'responder', associatedData: b.adb },
          peer(initiator.element, b.ada),
        );
        expect(hexOf(iskA) === hexOf(iskB)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 40 },
    );
  });

  it('clears the four bits that would reach the order of the group', () => {
    const high = new CpaceShare(given, () => Buffer.alloc(32, 0xff));
    const low = new CpaceShare(given, () => Buffer.concat([Buffer.alloc(31, 0xff), Buffer.of(0x0f)]));
    expect(high.element).toEqual(low.element);
  });

  it('serves once, and overwrites its scalar', () => {
    const scalar = bytes(inputs.ya);
    const share = new CpaceShare(given, () => scalar);
    const own = { role: 'initiator', associatedData: ada } as const;
    share.agree(own, peer(bytes(outputs.Yb), adb));
    expect(scalar).toEqual(Buffer.alloc(32));
    expect(() => share.agree(own, peer(bytes(outputs.Yb), adb))).toThrow('serves once');
  });

  it('overwrites its scalar when it aborts, too', () => {
    const scalar = bytes(inputs.ya);
    const share = new CpaceShare(given, () => scalar);
    expect(() =>
      share.agree({ role: 'initiator', associatedData: ada }, peer(Buffer.alloc(32), adb)),
    ).toThrow();
    expect(scalar).toEqual(Buffer.alloc(32));
  });

  it('refuses a random source that gives zeros or too little', () => {
    expect(() => new CpaceShare(given, () => Buffer.alloc(32))).toThrow('zeros');
    expect(() => new CpaceShare(given, () => Buffer.alloc(31, 1))).toThrow('too little');
  });

  it('does not print its scalar or password', () => {
    const printed = inspect(shareOf(inputs.ya), { showHidden: true, depth: 9 });
    expect(printed).not.toMatch(/50 61 73 73|da 3d 23|Password|da3d23/i);
    expect(JSON.stringify(shareOf(inputs.ya))).not.toContain('218,61,35');
  });
});
