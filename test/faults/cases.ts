import { seeded, type Direction, type Toxic } from '../helpers/toxics.js';

/** When the line of the victim gets worse. `held`: at the beginning of its second connection, or within that pairing. */
export type Stage =
  | 'within the handshake'
  | 'before the line'
  | 'within the line'
  | 'waiting'
  | 'paired'
  | 'ending'
  | 'held'
  | 'held and paired again';

/**
 * How the two sides ask for their room. `bulk`: as `status`, with more than the kernel holds for a reader. `tls`: as
 * `status`, and the victim speaks TLS.
 */
export type Mode = 'plain' | 'raw' | 'status' | 'retry' | 'fan-out' | 'bulk' | 'tls';

/** What a fault comes to: nothing but time, a lost connection, an early FIN, or silence for ever. */
export type Effect = 'time' | 'loss' | 'fin' | 'silence';

export interface Fault {
  readonly name: string;
  readonly effect: Effect;
  readonly direction: Direction | 'both';
  /** `bytes`: what the connection will carry that way, about. */
  readonly toxics: (bytes: number, random: () => number) => readonly Toxic[];
  /** It goes away after so many milliseconds. */
  readonly mendedAfterMs?: number;
}

export interface Case {
  /** Says all there is to say about it. */
  readonly name: string;
  readonly mode: Mode;
  readonly victim: 'sender' | 'receiver';
  readonly stage: Stage;
  readonly fault: Fault;
  readonly seed: number;
}

const WAYS = ['up', 'down'] as const;
const WAYS_AND_BOTH = [...WAYS, 'both'] as const;

type Kind = Omit<Fault, 'direction'> & { readonly directions: readonly Fault['direction'][] };

/** A bandwidth at which it all takes a third of a second. */
const slow = (bytes: number): Toxic => ({ kind: 'bandwidth', bytesPerSecond: 3 * bytes });
const slices = (bytes: number): Toxic => {
  const averageBytes = Math.ceil(bytes / 200);
  return { kind: 'slicer', averageBytes, variationBytes: averageBytes - 1 };
};
const late: Toxic = { kind: 'latency', ms: 40, jitterMs: 30 };

const KINDS: readonly Kind[] = [
  { name: 'latency and jitter', effect: 'time', directions: WAYS_AND_BOTH, toxics: () => [late] },
  { name: 'little bandwidth', effect: 'time', directions: WAYS, toxics: (bytes) => [slow(bytes)] },
  {
    ...{ name: 'a slow close', effect: 'time', directions: WAYS },
    toxics: () => [{ kind: 'slow_close', ms: 300 }],
  },
  {
    ...{ name: 'silence for a while', effect: 'time', directions: WAYS_AND_BOTH, mendedAfterMs: 400 },
    toxics: () => [{ kind: 'timeout' }],
  },
  { name: 'slices', effect: 'time', directions: ['both'], toxics: (bytes) => [slices(bytes)] },
  { name: 'single bytes', effect: 'time', directions: ['both'], toxics: () => [SINGLE], mendedAfterMs: 200 },
  {
    ...{ name: 'all that is slow', effect: 'time', directions: ['both'] },
    toxics: (bytes) => [late, slow(bytes), slices(bytes), { kind: 'slow_close', ms: 50 }],
  },
  {
    ...{ name: 'silence', effect: 'silence', directions: WAYS_AND_BOTH },
    toxics: () => [{ kind: 'timeout' }],
  },
  {
    ...{ name: 'silence, then a reset', effect: 'loss', directions: ['both'] },
    toxics: () => [{ kind: 'timeout', ms: 200 }],
  },
  {
    ...{ name: 'a reset', effect: 'loss', directions: ['both'] },
    toxics: () => [{ kind: 'reset_peer' }],
  },
  {
    ...{ name: 'a reset soon', effect: 'loss', directions: ['both'] },
    toxics: (_, random) => [{ kind: 'reset_peer', ms: Math.round(40 * random()) }],
  },
  {
    ...{ name: 'a cut by reset', effect: 'loss', directions: WAYS },
    toxics: (bytes, random) => [{ kind: 'limit_data', by: 'reset', bytes: someOf(bytes, random) }],
  },
  {
    ...{ name: 'a cut by FIN', effect: 'fin', directions: WAYS },
    toxics: (bytes, random) => [{ kind: 'limit_data', by: 'fin', bytes: someOf(bytes, random) }],
  },
];

const SINGLE: Toxic = { kind: 'slicer', averageBytes: 1, variationBytes: 0 };

const someOf = (bytes: number, random: () => number): number => 1 + Math.floor(random() * (bytes - 1));

const FAULTS: readonly Fault[] = KINDS.flatMap(({ directions, ...kind }) =>
  directions.map((direction) => ({ ...kind, direction })),
);

/** In the header of a record, behind it, within the hello of either side. */
const CUTS_IN_HANDSHAKE = [1, 4, 5, 6, 60, 160];

/** What happens to a TLS handshake besides. */
const HANDSHAKE_FAULTS: readonly Fault[] = CUTS_IN_HANDSHAKE.flatMap((bytes) =>
  WAYS.flatMap((direction) =>
    (
      [
        ['reset', 'loss'],
        ['fin', 'fin'],
      ] as const
    ).map(([by, effect]): Fault => ({
      ...{ name: `a cut by ${by} after ${bytes} bytes`, effect, direction },
      toxics: () => [{ kind: 'limit_data', by, bytes }],
    })),
  ),
);

const faultsAt = (stage: Stage): readonly Fault[] =>
  stage === 'within the handshake' ? [...FAULTS, ...HANDSHAKE_FAULTS] : FAULTS;

const STAGES: Readonly<Record<Mode, readonly Stage[]>> = (() => {
  const usual = ['before the line', 'within the line', 'waiting', 'paired', 'ending'] as const;
  const retry = [...usual, 'held', 'held and paired again'] as const;
  const bulk = ['paired', 'ending'] as const;
  const tls = ['within the handshake', ...usual] as const;
  return { plain: usual, raw: usual, status: usual, retry, 'fan-out': usual, bulk, tls };
})();

/** Every fault at every stage of each side, in an order that is another for another seed. */
export function allCases(seed: number): Case[] {
  const cases = (Object.keys(STAGES) as Mode[]).flatMap((mode) =>
    (['sender', 'receiver'] as const).flatMap((victim) =>
      STAGES[mode].flatMap((stage) => faultsAt(stage).map((fault) => ({ mode, victim, stage, fault }))),
    ),
  );
  const random = seeded(seed);
  return cases
    .map(({ mode, victim, stage, fault }, index) => ({
      ...{ mode, victim, stage, fault, seed: seed * 10_000 + index, place: random() },
      name: `${mode}, ${victim}, ${stage}: ${fault.name}, ${fault.direction} (seed ${seed * 10_000 + index})`,
    }))
    .sort((a, b) => a.place - b.place);
}
