import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decode } from './independent-decoder.js';
import { PLATFORMS } from './platforms.js';
import { recordTranscript } from './record-transcript.js';

type Transcript = Awaited<ReturnType<typeof recordTranscript>>;

const FIXTURE = fileURLToPath(new URL('../fixtures/transcript.json', import.meta.url));

function load() {
  const recorded = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Transcript;
  const bytes = (entries: Transcript['toReceiver']) =>
    Buffer.from(entries.map(({ hex }) => hex).join(''), 'hex');
  const sides = (['sender', 'receiver'] as const).map((side) => ({
    ...recorded.code,
    side,
    scalar: Buffer.from(recorded.random[`${side}Scalar`], 'hex'),
    toReceiver: bytes(recorded.toReceiver),
    toSender: bytes(recorded.toSender),
  }));
  return { recorded, sides };
}

describe('the recorded transcript', () => {
  it.each(PLATFORMS)('is what this implementation writes on %s, byte for byte', async (_name, platform) => {
    const written = await recordTranscript(platform);
    await expect(`${JSON.stringify(written, null, 2)}\n`).toMatchFileSnapshot(FIXTURE);
  });

  it.each([0, 1])('is read by the independent decoder from the scalar of either side: %i', (side) => {
    const recording = load().sides[side]!;
    const { exportSecret, notices, ...decoded } = decode(recording);
    expect({ ...decoded, exportedForTest: exportSecret('test') }).toEqual(load().recorded.expected);
    expect(notices).toEqual(['DISCONNECT closed\n', 'DISCONNECT closed\n']);
  });

  it('is not read with another code, scalar or side', () => {
    const asSender = load().sides[0]!;
    for (const change of [
      { words: 'olive-basil' },
      { nameplate: '731905' },
      { scalar: Buffer.alloc(32, 1) },
      { side: 'receiver' as const },
    ]) {
      expect(() => decode({ ...asSender, ...change })).toThrow();
    }
  });
});
