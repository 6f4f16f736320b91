import type { Case } from './cases.js';
import { play, type Ports } from './story.js';

/** Plays them all, so many at a time; what went wrong, each with the name of its case. */
export async function playAll(cases: Iterable<Case>, ports: Ports, atOnce: number): Promise<string[]> {
  const problems: string[] = [];
  const left = cases[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      try {
        await play(next.value, ports);
      } catch (error) {
        problems.push(`${next.value.name}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return problems;
}
