import { createHash } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Offer } from '../../transfer/entry.js';
import { canAnchor, isShared } from './anchor.js';
import { LandingError } from '../../transfer/landing.js';
import { about, alreadyThere, inTheWay, unless } from './errors.js';
import type { Kept } from './journal-records.js';
import type { NameHere } from './local-names.js';
import { checkPath, foldName, localName, numberedName, printable } from '../../transfer/names.js';
import { findStaging, type Found } from './staging.js';

/** One message of the protocol carries them all, and each is looked up before the person is asked. */
const MAX_TOP_NAMES = 65_536;
/** Numbers that are tried for a free name. */
export const MAX_NUMBER = 9999;

export interface LandingOptions {
  /** Directory, or (for one top-level name) the final name; undefined: the current directory. */
  readonly output: string | undefined;
  readonly cwd: string;
  /** Digits of the code: names the staging directory `.relay-receive-<nameplate>` beside the final place. */
  readonly nameplate: string;
  readonly offer: Offer;
  readonly whenExists: 'refuse' | 'overwrite' | 'rename';
  /** Told what a person should know, and what is no failure: a sentence that is safe to print. */
  readonly notice?: ((sentence: string) => void) | undefined;
}

/** What would happen. */
export interface LandingPlan {
  readonly options: LandingOptions;
  /** Absolute. Everything lands in it. */
  readonly directory: string;
  /** What the person calls the one thing that comes; undefined: what the sender calls it. */
  readonly asName: string | undefined;
  /** Top-level names as offered, and as they land. */
  readonly finalNames: ReadonlyMap<string, string>;
  /** Final names that are taken: what would be overwritten or merged into, or, with `rename`, why others were chosen. */
  readonly existing: readonly string[];
  readonly freeBytes: number;
  /** Bytes of this offer that are here already, from a receiver that was stopped. */
  readonly keptBytes: number;
  /** Something of another offer is kept under this code's digits, and will be thrown away. */
  readonly discarded: boolean;
  /** Tells this offer, landing here under this name, from others. */
  readonly fingerprint: string;
}

/**
 * Says what would happen, touching nothing: used before the person agrees. (What is free or taken may change until
 * then: everything is checked again when it is done.)
 *
 * @throws LandingError where it cannot go well
 */
export async function planLanding(options: LandingOptions): Promise<LandingPlan> {
  const { offer } = options;
  checkOffer(offer);
  const { directory, asName, fingerprint, found } = await choosePlace(options);
  await checkWritable(directory);
  const keptBytes = (found.kept?.bytes ?? 0) + found.partialBytes;
  const freeBytes = await checkSpace(directory, offer, found);
  const { finalNames, existing } = await chooseNames(options, directory, asName, found.kept);
  const discarded = found.discards;
  return { options, directory, asName, finalNames, existing, freeBytes, keptBytes, discarded, fingerprint };
}

/** @throws LandingError where it does not add up, or has a name that nobody should take */
export function checkOffer(offer: Offer): void {
  const { kind, names, entries, bytes } = offer;
  if (names.length > MAX_TOP_NAMES)
    throw new LandingError(
      'too-much',
      `More than ${MAX_TOP_NAMES} names are offered. Ask the sender to put them into one directory.`,
    );
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  const isCounted = isCount(entries) && entries >= names.length && isCount(bytes ?? 0);
  if (names.length === 0 || !isCounted || (kind === 'text' && bytes === undefined))
    throw new LandingError('mismatch', 'The offer does not add up. Ask the sender to start again.');
  const seen = new Set<string>();
  for (const name of names) {
    const checked = checkPath(name, process.platform);
    const problem = checked.ok && checked.parts.length > 1 ? 'It is more than a name.' : undefined;
    if (!checked.ok || problem !== undefined)
      throw hostile(name, checked.ok ? (problem ?? '') : checked.problem);
    if (seen.has(name)) throw hostile(name, 'It is offered twice.');
    seen.add(name);
  }
}

export function hostile(path: string, problem: string): LandingError {
  return new LandingError(
    'hostile-name',
    `"${printable(path)}" cannot be received. ${problem} Ask the sender to rename it.`,
  );
}

interface Place {
  readonly directory: string;
  /** What the person calls the one thing that comes; undefined: what the sender calls it. */
  readonly asName: string | undefined;
  readonly fingerprint: string;
  readonly found: Found;
}

/**
 * Says before anything is offered whether `output` can be a place for it, which does not hang on what comes.
 *
 * @throws LandingError where it is neither a directory nor a name in one, or nothing may be written there
 */
export async function checkOutput(output: string, cwd: string): Promise<void> {
  await checkWritable(await directoryFor(resolve(cwd, output), isNameLike(output)));
}

function isNameLike(output: string): boolean {
  return !/[/\\]$/.test(output);
}

async function checkWritable(directory: string): Promise<void> {
  await about(directory, () => fs.access(directory, constants.W_OK | constants.X_OK));
  if (canAnchor() || process.geteuid === undefined) return;
  const stats = await about(directory, () => fs.stat(directory));
  if (isShared(stats, process.geteuid()))
    throw new LandingError(
      'read-only',
      `Others may move what lands in "${printable(directory)}", and put links into its place. Choose another with --output.`,
    );
}

async function choosePlace({ output, cwd, offer, nameplate }: LandingOptions): Promise<Place> {
  const path = resolve(cwd, output ?? '.');
  const isName = output !== undefined && offer.names.length === 1 && isNameLike(output);
  const look = async (directory: string, asName: string | undefined): Promise<Place> => {
    const fingerprint = fingerprintOf(offer, asName);
    return { directory, asName, fingerprint, found: await findStaging(directory, nameplate, fingerprint) };
  };
  const directory = await directoryFor(path, isName);
  if (directory !== path) return look(directory, basename(path));
  // The name that a person gave to a directory that came: it is there since an earlier run was stopped.
  const started = isName ? await look(dirname(path), basename(path)).catch(notThere) : undefined;
  return started?.found.kept === undefined ? look(path, undefined) : started;
}

/** The path itself, or the directory that it is a name in. */
async function directoryFor(path: string, mayBeName: boolean): Promise<string> {
  if (await isDirectory(path)) return path;
  const missing = mayBeName ? dirname(path) : path;
  if (mayBeName && (await isDirectory(missing))) return missing;
  throw new LandingError(
    'not-a-directory',
    `"${printable(missing)}" is not a directory. Create it first, or choose another with --output.`,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  const stats = await about(path, () => fs.stat(path).catch(unless('ENOENT', 'ENOTDIR')));
  return stats?.isDirectory() === true;
}

function notThere(error: unknown): undefined {
  if (!(error instanceof LandingError)) throw error;
  return undefined;
}

/** Free bytes, for a user without privileges. */
async function checkSpace(directory: string, offer: Offer, { kept, partialBytes }: Found): Promise<number> {
  const { bavail, bsize, files, ffree } = await about(directory, () => fs.statfs(directory));
  const freeBytes = bavail * bsize;
  const neededBytes = Math.max(0, (offer.bytes ?? 0) - (kept?.bytes ?? 0) - partialBytes);
  if (neededBytes > freeBytes)
    throw new LandingError(
      'no-space',
      `${neededBytes} bytes are needed in "${printable(directory)}" and ${freeBytes} are free. ` +
        'Free some, or choose another disk with --output.',
    );
  // Some file systems make inodes as they need them, and say that they have none.
  if (files > 0 && offer.entries - (kept?.index ?? 0) > ffree)
    throw new LandingError(
      'no-space',
      `The file system of "${printable(directory)}" has no room for so many files. Choose another with --output.`,
    );
  return freeBytes;
}

/** @param nameHere how a name is called where it lands: known for sure when something was made there */
export async function chooseNames(
  { offer, whenExists }: LandingOptions,
  directory: string,
  asName: string | undefined,
  kept: Kept | undefined,
  nameHere: NameHere = (part) => localName(part, process.platform),
): Promise<{ finalNames: Map<string, string>; existing: string[] }> {
  const finalNames = new Map<string, string>();
  const existing: string[] = [];
  const chosen = new Set<string>();
  const asOffered = new Set(offer.names.filter((name) => nameHere(name) === name).map(foldName));
  for (const offered of offer.names) {
    let final = kept?.tops.get(offered) ?? asName ?? nameHere(offered);
    const isOurs = kept?.tops.has(offered) === true;
    if (!isOurs && (await isTaken(directory, final, whenExists))) {
      existing.push(final);
      if (whenExists === 'refuse') throw alreadyThere(join(directory, final));
      if (whenExists === 'rename') final = await freeName(directory, final, chosen);
    }
    // Another is called so, or has become so, on a system that does not take every name.
    const isTwice = chosen.has(foldName(final)) || asOffered.has(foldName(final));
    if (!isOurs && asName === undefined && nameHere(offered) !== offered && isTwice)
      final = await freeName(directory, final, new Set([...chosen, ...asOffered]));
    finalNames.set(offered, final);
    chosen.add(foldName(final));
  }
  return { finalNames, existing };
}

async function isTaken(
  directory: string,
  name: string,
  whenExists: LandingOptions['whenExists'],
): Promise<boolean> {
  const path = join(directory, name);
  const stats = await about(path, () => fs.lstat(path).catch(unless('ENOENT')));
  if (stats === undefined) return false;
  if (whenExists === 'overwrite' && !stats.isFile() && !stats.isDirectory())
    throw inTheWay(path, stats.isSymbolicLink() ? 'a link' : 'no regular file');
  return true;
}

/** The first numbered name that neither exists nor was chosen for another, letter case apart. */
async function freeName(directory: string, name: string, chosen: ReadonlySet<string>): Promise<string> {
  for (let n = 2; n <= MAX_NUMBER; n += 1) {
    const candidate = numberedName(name, n);
    if (!chosen.has(foldName(candidate)) && !(await isTaken(directory, candidate, 'rename')))
      return candidate;
  }
  throw alreadyThere(join(directory, name));
}

function fingerprintOf(offer: Offer, asName: string | undefined): string {
  const { kind, names, entries, bytes } = offer;
  const text = JSON.stringify([kind, names, entries, bytes ?? null, asName ?? null]);
  return createHash('sha256').update(text).digest('hex');
}
