import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/transfer/errors.js';
import {
  formatFrame,
  formatHeader,
  FrameReader,
  HEADER_BYTES,
  MAX_BODY_BYTES,
} from '../../../src/transfer/channel/frames.js';

/** Everything that a reader makes of chunks. Bodies are copied at once, as they may be views. */
function read(chunks: readonly Uint8Array[]) {
  const reader = new FrameReader();
  const bodies = chunks.flatMap((chunk) => reader.push(chunk).map((body) => Buffer.from(body)));
  const end = reader.end;
  return {
    bodies,
    notice: end !== undefined && 'notice' in end ? end.notice : undefined,
    error: end !== undefined && 'error' in end ? end.error : undefined,
    isAtBoundary: reader.isAtBoundary,
  };
}

const bytewise = (stream: Uint8Array) => Array.from(stream, (byte) => Buffer.of(byte));
const body = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const notice = fc.constantFrom(
  'DISCONNECT\n',
  'DISCONNECT lost\n',
  'DISCONNECT closed\n',
  'DISCONNECT shutdown\n',
);
const garbage = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
/** Frames, and then perhaps a notice, or anything at all. */
const stream = fc
  .tuple(
    fc.array(body, { maxLength: 6 }),
    fc.oneof(
      notice.map((line) => Buffer.from(line)),
      garbage,
    ),
  )
  .map(([bodies, tail]) => Buffer.concat([...bodies.map((one) => formatFrame(one)), tail]));

describe('FrameReader', () => {
  it('gives back the bodies that were framed', () => {
    fc.assert(
      fc.property(fc.array(body), (bodies) => {
        const result = read([Buffer.concat(bodies.map((one) => formatFrame(one)))]);
        expect(result).toEqual({ bodies, notice: undefined, error: undefined, isAtBoundary: true });
      }),
    );
  });

  it('makes the same of a stream however it is cut, byte by byte among others', () => {
    const cuts = fc.array(fc.nat({ max: 300 }));
    fc.assert(
      fc.property(stream, cuts, (bytes, offsets) => {
        const points = [0, ...offsets.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = points.slice(1).map((end, index) => bytes.subarray(points[index], end));
        const whole = read([bytes]);
        expect(read(pieces)).toEqual(whole);
        expect(read(bytewise(bytes))).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not copy a body that is whole inside a chunk', () => {
    const chunk = Buffer.concat([formatFrame(Buffer.from('one')), formatFrame(Buffer.from('two'))]);
    const [, second] = new FrameReader().push(chunk);
    chunk.write('TWO', chunk.length - 3);
    expect(second?.toString()).toBe('TWO');
  });

  it('takes what was read into its space, however much at once', () => {
    const lengths = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 60_000, max: 200_000 })),
    );
    fc.assert(
      fc.property(lengths, fc.infiniteStream(fc.integer({ min: 1, max: 150_000 })), (lengths, reads) => {
        const bodies = lengths.map((length, index) => Buffer.alloc(length, index + 1));
        const bytes = Buffer.concat(bodies.map((one) => formatFrame(one)));
        const own = Buffer.alloc(100_000);
        const reader = new FrameReader();
        const got: Buffer[] = [];
        for (let at = 0; at < bytes.length;) {
          const { space } = reader;
          const into = space ?? own;
          const [step = 1] = reads.take(1);
          const copied = bytes.copy(into, 0, at, at + step);
          at += copied;
          const ended = reader.push(into.subarray(0, copied));
          if (space !== undefined && ended.length > 0) expect(ended[0]?.buffer).toBe(space.buffer);
          got.push(...ended.map((one) => Buffer.from(one)));
        }
        expect(got.length).toBe(bodies.length);
        expect(got.every((one, index) => bodies[index]?.equals(one))).toBe(true);
        expect(reader.isAtBoundary).toBe(true);
      }),
    );
  });

  it('has space for the rest of a long body and the header behind it, and for no short one', () => {
    const reader = new FrameReader();
    expect(reader.space).toBeUndefined();
    reader.push(formatFrame(Buffer.alloc(1_000)).subarray(0, 500));
    expect(reader.space).toBeUndefined();
    reader.push(Buffer.alloc(504));
    reader.push(formatFrame(Buffer.alloc(MAX_BODY_BYTES)).subarray(0, 500));
    expect(reader.space?.length).toBe(MAX_BODY_BYTES + 2 * HEADER_BYTES - 500);
  });

  it('puts the longest body together from single bytes in linear time', () => {
    const frame = formatFrame(Buffer.alloc(MAX_BODY_BYTES, 7));
    const reader = new FrameReader();
    const bodies: Uint8Array[] = [];
    const moved = countingCopies(() => {
      for (let at = 0; at < frame.length; at += 1) bodies.push(...reader.push(frame.subarray(at, at + 1)));
    });
    expect(bodies).toHaveLength(1);
    expect(Buffer.compare(bodies[0]!, frame.subarray(HEADER_BYTES))).toBe(0);
    // Appending to one buffer a byte at a time would move half a terabyte.
    expect(moved).toBe(frame.length);
  });

  it('knows whether it is between two frames', () => {
    const frame = formatFrame(Buffer.from('abc'));
    for (let length = 0; length <= frame.length; length += 1) {
      expect(read([frame.subarray(0, length)]).isAtBoundary).toBe(length === 0 || length === frame.length);
    }
    expect(read([Buffer.from('DISC')]).isAtBoundary).toBe(false);
  });
});

describe('lengths', () => {
  it('are at most 1 MiB + 64, so that the first byte of a frame is always zero', () => {
    expect(MAX_BODY_BYTES).toBe(0x10_0040);
    expect(Buffer.from(formatHeader(MAX_BODY_BYTES)).toString('hex')).toBe('00100040');
    for (const length of [0, -1, MAX_BODY_BYTES + 1]) expect(() => formatHeader(length)).toThrow(RangeError);
  });

  it.each(['00000000', '00100041', '00ffffff', '01000000', 'ffffffff', '44000001', '45'])(
    '%s is refused as soon as it is there, with what came before it kept',
    (hex) => {
      const bytes = Buffer.concat([
        formatFrame(Buffer.from('ok')),
        Buffer.from(hex, 'hex'),
        Buffer.alloc(64, 'x'),
      ]);
      const result = read([bytes]);
      expect(result.bodies).toEqual([Buffer.from('ok')]);
      expect(result.error).toBeInstanceOf(ProtocolError);
      expect(result.error?.message).toMatch(/neither a frame .* nor a notice/);
    },
  );

  it('refuses an over-long length with its fourth byte, before there is any body', () => {
    expect(read([Buffer.from('001000', 'hex')]).error).toBeUndefined();
    expect(read([Buffer.from('00100041', 'hex')]).error).toBeInstanceOf(ProtocolError);
    expect(read([Buffer.from('01', 'hex')]).error).toBeInstanceOf(ProtocolError);
  });
});

describe("a relay's notice", () => {
  it.each(['DISCONNECT', 'DISCONNECT closed', 'DISCONNECT lost', 'DISCONNECT idle', 'DISCONNECT shutdown'])(
    'is told from frames: %s',
    (line) => {
      const result = read([formatFrame(Buffer.from('abc')), Buffer.from(`${line}\n`)]);
      expect(result).toMatchObject({ bodies: [Buffer.from('abc')], notice: line, error: undefined });
    },
  );

  it('is payload inside a frame', () => {
    const inside = Buffer.from('DISCONNECT lost\n');
    expect(read(bytewise(formatFrame(inside)))).toMatchObject({ bodies: [inside], notice: undefined });
    // The length of a body can end in a 'D', too.
    const long = Buffer.alloc(0x44, 'D');
    expect(read(bytewise(formatFrame(long)))).toMatchObject({ bodies: [long], notice: undefined });
  });

  it('in the middle of a frame is not a notice', () => {
    const frame = formatFrame(Buffer.alloc(40, 1));
    const result = read([frame.subarray(0, 20), Buffer.from('DISCONNECT lost\n')]);
    expect(result).toMatchObject({ bodies: [], notice: undefined, isAtBoundary: false });
  });

  it('ends the stream: what comes behind it is ignored', () => {
    const bytes = Buffer.concat([Buffer.from('DISCONNECT idle\n'), formatFrame(Buffer.from('abc'))]);
    expect(read([bytes])).toMatchObject({ bodies: [], notice: 'DISCONNECT idle', error: undefined });
    expect(read(bytewise(bytes))).toMatchObject({ bodies: [], notice: 'DISCONNECT idle', error: undefined });
  });

  it.each([
    'D\n',
    'DISCONNECTED\n',
    'DISCONNECT \n',
    'DISCONNECT Lost\n',
    'DISCONNECT lost \n',
    'D'.repeat(64),
  ])('has no other form: %j', (text) => {
    expect(read([Buffer.from(text)]).error).toBeInstanceOf(ProtocolError);
    expect(read(bytewise(Buffer.from(text))).error).toBeInstanceOf(ProtocolError);
  });

  it('is waited for while it may still become one', () => {
    expect(read([Buffer.from('DISCONN')])).toMatchObject({ notice: undefined, error: undefined });
    expect(read([Buffer.from('D'.repeat(63))])).toMatchObject({ notice: undefined, error: undefined });
  });
});

/** How many bytes are copied from one buffer into another meanwhile. */
function countingCopies(work: () => void): number {
  let moved = 0;
  const spied = [
    [Buffer, 'concat', (_list: unknown, whole: { readonly length: number }) => whole.length],
    [Buffer.prototype, 'copy', (_target: unknown, copied: number) => copied],
    [Uint8Array.prototype, 'set', (source: { readonly length: number }) => source.length],
  ] as const;
  const originals = spied.map(([owner, name, bytesOf]) => {
    const original = Reflect.get(owner, name) as (...parameters: unknown[]) => unknown;
    const counting = function (this: unknown, ...parameters: unknown[]): unknown {
      const result = Reflect.apply<unknown, unknown[], unknown>(original, this, parameters);
      moved += bytesOf(parameters[0] as never, result as never);
      return result;
    };
    Reflect.set(owner, name, counting);
    return { owner: owner as object, name, original };
  });
  try {
    work();
  } finally {
    for (const { owner, name, original } of originals) Reflect.set(owner, name, original);
  }
  return moved;
}
