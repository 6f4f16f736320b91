import type { Writable } from 'node:stream';
import { LandingError, type Landing, type Place } from '../../transfer/landing.js';
import { DiskLanding } from './disk-landing.js';
import { checkOutput, type LandingOptions, type LandingPlan, planLanding } from './plan.js';
import { landOnStream } from './stream-landing.js';

export { chainEntry } from '../../transfer/entry.js';
export { LandingError };
export { planLanding, type LandingOptions };
export type { Landed, Landing, ResumePoint } from '../../transfer/landing.js';

interface PlaceOptions extends Pick<LandingOptions, 'output' | 'cwd' | 'whenExists'> {
  /** Takes received text, and everything where `output` is `-`. */
  readonly stdout: Writable;
}

/** What a person has chosen: a directory or a name on the disk, or standard output. Text goes there in any case. */
export function placeAt({ output, cwd, whenExists, stdout }: PlaceOptions): Place {
  return {
    check: () => checkPlace({ output, cwd }),
    async plan(offer, nameplate, notice) {
      if (offer.kind === 'text' || output === '-') {
        const landing = landOnStream(stdout, offer);
        return { existing: [], freeBytes: undefined, directory: '-', open: () => Promise.resolve(landing) };
      }
      const place = { output, cwd, nameplate, offer, notice };
      // What is there already is asked about, not refused, before the person has answered.
      const { existing, freeBytes, directory } = await planLanding({
        ...place,
        whenExists: whenExists === 'refuse' ? 'overwrite' : whenExists,
      });
      return {
        existing,
        freeBytes,
        directory,
        open: async (answer) =>
          openLanding(await planLanding({ ...place, whenExists: answer === true ? whenExists : answer })),
      };
    },
  };
}

/** Says before anything is offered that what comes cannot land there. @throws LandingError */
export async function checkPlace({ output, cwd }: Pick<LandingOptions, 'output' | 'cwd'>): Promise<void> {
  // Where nothing is chosen, a text may come, which needs no place.
  if (output !== undefined && output !== '-') await checkOutput(output, cwd);
}

/** @throws LandingError where the staging directory cannot be made, or others keep taking it */
export async function openLanding(plan: LandingPlan): Promise<Landing> {
  return DiskLanding.open(plan);
}
