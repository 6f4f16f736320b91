import { MAX_DEPTH, MAX_PART_BYTES, MAX_PATH_BYTES } from '../../transfer/names.js';
import { quoted, SourceError } from '../../transfer/source.js';

/** What a system's reading of names gives for bytes that are no UTF-8. */
const REPLACED = '\uFFFD';

/**
 * Whether a receiver could have it on any system; what only some of them take is for the receiver to say.
 *
 * @param path as the receiver gets it
 * @throws SourceError
 */
export function checkName(path: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/\p{Surrogate}/u.test(name)) throw notText(path);
  if (Buffer.byteLength(name) > MAX_PART_BYTES)
    throw new SourceError(
      `${quoted(path)} has a name longer than ${MAX_PART_BYTES} bytes. Rename it, then send again.`,
    );
  const isDeep = path.split('/').length > MAX_DEPTH;
  if (isDeep || Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new SourceError(
      `${quoted(path)} is ${isDeep ? `more than ${MAX_DEPTH} directories deep` : `longer than ${MAX_PATH_BYTES} bytes`}. ` +
        'Send a directory further down, or an archive.',
    );
}

/** Whether one of them may stand for bytes that are no text: then they have to be read as bytes. */
export function mayBeNoText(names: readonly string[]): boolean {
  return names.some((name) => name.includes(REPLACED));
}

/** @throws SourceError for the first that is no UTF-8 */
export function checkText(parent: string, names: readonly Buffer[]): void {
  for (const name of names) {
    const text = name.toString();
    if (!Buffer.from(text).equals(name)) throw notText(`${parent}/${text}`);
  }
}

function notText(path: string): SourceError {
  return new SourceError(`${quoted(path)} has a name that is not UTF-8 text. Rename it, then send again.`);
}
