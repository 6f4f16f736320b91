import { expect, it } from 'vitest';
import { parseDuration } from '../../src/cli/flags/units.js';
import type { Sample } from './probed-relay.js';
import { SEED } from './seed.js';
import { slopeOf } from './slope.js';
import { soak } from './soak.js';

const FOR_MS = parseDuration(process.env['SOAK'] ?? '30m');

const ROUND_MS = 60_000;

/** What may be left of one round, in bytes: a leak of one closed connection in each is some 4,000. */
const MEMORY_A_ROUND = 16_384;

/** What the collector leaves differs by some 100,000 bytes from look to look: through two of them goes any line. */
const LOOKS_FOR_A_SLOPE = 6;

/** They hold what the process holds, and nothing else may grow. */
const COUNTS = ['openFiles', 'sockets', 'timers', 'listeners', 'emitters'] as const;

it(
  'faults over and over leave nothing behind',
  async () => {
    expect(FOR_MS, 'SOAK is a time such as 2m').toBeDefined();
    const forMs = FOR_MS ?? 0;
    const print = (line: string): void => console.log(line);
    print(`Soak of ${process.env['SOAK'] ?? '30m'}, seed ${SEED} (SOAK=2m SEED=7 npm run test:soak)`);
    const { problems, cases, samples } = await soak({
      ...{ forMs, roundMs: Math.min(ROUND_MS, forMs / 4), atOnce: 16, crowd: 2_000, seed: SEED, print },
    });
    print(`${cases} cases, ${problems.length} problems`);
    for (const [name, looks] of Object.entries(samples)) {
      for (const key of ['heapUsed', 'arrayBuffers', 'rss', ...COUNTS] as const) {
        print(`${name}: ${key} ${growthOf(looks, key)}`);
      }
    }
    expect(problems).toEqual([]);
    for (const looks of Object.values(samples)) {
      for (const key of COUNTS) expect(looks.at(-1)![key], key).toBeLessThanOrEqual(looks[0]![key]);
      if (looks.length < LOOKS_FOR_A_SLOPE) continue;
      expect(slopeOf(looks.map(({ heapUsed }) => heapUsed))).toBeLessThan(MEMORY_A_ROUND);
    }
  },
  2 ** 31 - 1,
);

function growthOf(looks: readonly Sample[], key: keyof Sample): string {
  const values = looks.map((sample) => sample[key]);
  const slope = slopeOf(values);
  return `${values[0]} to ${values.at(-1)} over ${values.length} looks: ${slope.toFixed(2)} a round`;
}
