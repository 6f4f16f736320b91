import { seeded } from '../../helpers/toxics.js';
import { SEED } from '../seed.js';
import { mutated } from './mutate.js';

/** Inputs for each parser. */
const RUNS = Number(process.env['RUNS'] ?? 1_000_000);

export interface Fuzz {
  readonly corpus: readonly (string | Buffer)[];
  /** Throws where something does not hold. `random`: for what else is drawn by lot. */
  readonly check: (input: Buffer, random: () => number) => unknown;
  /** One input in so many; for what has to open files or sockets for each. */
  readonly oneIn?: number;
}

/** Mutates a corpus and checks each input; an input that fails is told with all that is needed to try it again. */
export async function fuzz(name: string, { corpus, check, oneIn = 1 }: Fuzz): Promise<void> {
  const inputs = corpus.map((input) => Buffer.from(input));
  const random = seeded(SEED);
  const runs = Math.ceil(RUNS / oneIn);
  const startedAt = performance.now();
  for (let run = 0; run < runs; run += 1) {
    // Those of the corpus first, as they are.
    const input = inputs[run] ?? mutated(inputs, random);
    try {
      const checking = check(input, random);
      if (checking instanceof Promise) await checking;
    } catch (error) {
      const shown = `${JSON.stringify(input.toString('latin1'))} (hex ${input.toString('hex')})`;
      throw new Error(`${name}, SEED=${SEED}, input ${run}: ${shown}: ${String(error)}`, { cause: error });
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${name}: ${runs} inputs hold, ${seconds.toFixed(1)} s, SEED=${SEED}`);
}

/** Runs it; the error must be the one that is documented, where there is one. */
export function throwsOnly<Value>(
  kind: new (...args: never[]) => Error,
  work: () => Value,
): { readonly value: Value } | undefined {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof kind) return undefined;
    throw error;
  }
}
