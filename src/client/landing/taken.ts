import { Anchor } from './anchor.js';
import { about } from './errors.js';
import { Journal } from './journal.js';
import { Leftovers, readLeftovers } from './leftovers.js';
import { type NameHere, namesIn, TRIED_NAME } from './local-names.js';
import { localName } from '../../transfer/names.js';
import { chooseNames, type LandingPlan } from './plan.js';
import { readMask } from './rights.js';
import { clearStaging, journalIn, leaveStaging, takeStaging, type TakenStaging } from './staging.js';

/** What a landing has taken for itself. */
export interface Taken extends TakenStaging {
  readonly directory: Anchor;
  /** Path of the staging directory. */
  readonly staging: string;
  readonly journal: Journal;
  readonly left: Leftovers;
  readonly finalNames: LandingPlan['finalNames'];
  readonly nameHere: NameHere;
  /** Of what is new there, all rights that the system leaves. */
  readonly mask: number;
}

/**
 * Takes the directory where things land, and a staging directory in it.
 * @throws LandingError
 */
export async function takePlace(plan: LandingPlan): Promise<Taken> {
  // A person has named it, also where it is a link.
  const directory = await about(plan.directory, () => Anchor.open(plan.directory, true));
  try {
    return await takeIn(plan, directory);
  } catch (error) {
    await directory.close();
    throw error;
  }
}

/** Gives both back. @param remove with all that is kept in the staging directory */
export async function leavePlace(taken: Taken, remove: boolean): Promise<void> {
  try {
    await leaveStaging(taken.directory, taken, remove);
  } finally {
    await taken.directory.close();
  }
}

async function takeIn(plan: LandingPlan, directory: Anchor): Promise<Taken> {
  const { options, fingerprint } = plan;
  const taken = await takeStaging(directory, options.nameplate, fingerprint);
  const { kept } = taken;
  const { path } = taken.anchor;
  const isLeftover = (name: string) =>
    name.startsWith('small-') || ((kept === undefined || kept.isBehind) && name === 'partial');
  try {
    const journal = await about(path, async () => {
      await clearStaging(path, isLeftover);
      const at = journalIn(path);
      return kept === undefined ? Journal.create(at, fingerprint) : Journal.continue(at, kept.end);
    });
    const nameHere = await about(path, () => namesIn(path));
    const { finalNames } =
      nameHere(TRIED_NAME) === localName(TRIED_NAME, process.platform)
        ? plan
        : await chooseNames(options, directory.path, plan.asName, kept, nameHere);
    const finalPathOf = (offered: string) =>
      finalPath(offered, (top) => kept?.tops.get(top) ?? nameHere(top), nameHere);
    const left = kept === undefined ? new Leftovers() : await readLeftovers(journal.path, false, finalPathOf);
    const mask = await about(path, () => readMask(path));
    return { ...taken, directory, staging: path, journal, left, mask, finalNames, nameHere };
  } catch (error) {
    await leaveStaging(directory, taken, kept === undefined);
    throw error;
  }
}

function finalPath(offered: string, nameOf: NameHere, nameHere: NameHere): string {
  const [top = '', ...rest] = offered.split('/');
  return [nameOf(top), ...rest.map(nameHere)].join('/');
}
