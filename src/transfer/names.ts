import { utf8Length } from './bytes.js';

export { printable } from './printable.js';

/** What is wrong with a path, as a sentence that never repeats it, or its parts. */
type CheckedPath =
  { readonly ok: true; readonly parts: readonly string[] } | { readonly ok: false; readonly problem: string };

/** What our own directories begin with, wherever something is received. */
export const STAGING_PREFIX = '.relay-receive-';

/** NAME_MAX of Linux and macOS; NTFS takes 255 UTF-16 units, which are never more than the bytes. */
export const MAX_PART_BYTES = 255;
/** PATH_MAX of Linux. */
export const MAX_PATH_BYTES = 4096;
export const MAX_DEPTH = 64;

/**
 * Device names of Windows, with any extension and with spaces before it. Microsoft, "Naming Files, Paths, and
 * Namespaces"; `COM0`, `LPT0`, `CONIN$` and `CONOUT$` are from older editions and from what Windows does.
 */
const DEVICE = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i;
/** The same source: what no name may hold. The colon is also a drive (`C:`) and a stream (`a:b`) of NTFS. */
const FORBIDDEN = /[<>:"|?*\\\p{Cc}]/gu;
/** Drives, shares, and what climbs by way of backslashes. */
const LEADS_ELSEWHERE_ON_WINDOWS = /^[A-Za-z]:[\\/]|^\\|(?:^|[\\/])\.\.(?:[\\/]|$)/;
// `\p{Surrogate}` matches only those that stand alone.
const LONE_SURROGATE = /\p{Surrogate}/u;
/** The last extension, and `.tar` before it; never the whole name. */
const EXTENSION = /^.+?((?:\.tar)?\.[^. ]{1,16})$/su;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * A path offered by the other side, its parts joined by `/`. What is refused is what leads elsewhere, what is no text, what
 * no system holds, and our own names. What one system has and another has not is for `localName`. Characters that are
 * invisible, or that a screen acts on, are accepted, because people's files have them; `printable` shows them.
 *
 * @param platform where it is to land, as Node names it: `win32`, or another
 */
export function checkPath(path: string, platform: string): CheckedPath {
  const fail = (problem: string): CheckedPath => ({ ok: false, problem });
  if (path === '') return fail('It is empty.');
  // Before anything that walks over it: a string has at least as many bytes as units.
  if (path.length > MAX_PATH_BYTES || utf8Length(path) > MAX_PATH_BYTES)
    return fail(`It is longer than ${MAX_PATH_BYTES} bytes.`);
  if (LONE_SURROGATE.test(path)) return fail('It is not valid Unicode.');
  if (path.includes('\0')) return fail('It has a character that no system allows.');
  if (path.startsWith('/')) return fail('It is absolute.');
  if (platform === 'win32' && LEADS_ELSEWHERE_ON_WINDOWS.test(path))
    return fail('It leads elsewhere on Windows.');

  const parts = path.split('/');
  if (parts.length > MAX_DEPTH) return fail(`It is more than ${MAX_DEPTH} directories deep.`);
  for (const part of parts) {
    const problem = checkPart(part);
    if (problem !== undefined) return fail(problem);
  }
  return { ok: true, parts };
}

function checkPart(part: string): string | undefined {
  if (part === '') return 'It has an empty part.';
  if (part === '.' || part === '..') return 'It has a part that is . or .., which leads elsewhere.';
  if (utf8Length(part) > MAX_PART_BYTES) return `It has a name longer than ${MAX_PART_BYTES} bytes.`;
  // As file systems compare that ignore case, composition and invisible characters (HFS+, APFS, NTFS).
  if (part.normalize('NFKC').replace(IGNORABLE, '').toLowerCase().startsWith(STAGING_PREFIX))
    return `It has a name that begins with ${STAGING_PREFIX}, which is kept for transfers under way.`;
  return undefined;
}

/** A checked part of a path as the system has it: what Windows (`win32`) forbids, characters and words, becomes `_` there. */
export function localName(part: string, platform: string): string {
  if (platform !== 'win32') return part;
  const allowed = part.replace(FORBIDDEN, '_').replace(/[. ]$/, '_');
  return allowed.replace(DEVICE, '_$1');
}

/**
 * The name to try when `name` is taken: `photo (2).jpg`, `archive (2).tar.gz`, `.hidden (2)`. An extension is up to
 * 16 characters after the last dot, with `.tar` before it. A name that would grow over 255 bytes loses the end of its
 * stem, so that the result lands wherever the name did.
 *
 * @param n 2 or more
 */
export function numberedName(name: string, n: number): string {
  const extension = EXTENSION.exec(name)?.[1] ?? '';
  const tail = ` (${n})${extension}`;
  let stem = name.slice(0, name.length - extension.length);
  const room = MAX_PART_BYTES - utf8Length(tail);
  if (utf8Length(stem) > room) {
    const kept: string[] = [];
    let bytes = 0;
    for (const character of stem) {
      bytes += utf8Length(character);
      if (bytes > room) break;
      kept.push(character);
    }
    stem = kept.join('');
  }
  return `${stem}${tail}`;
}

/** One form for names that some file systems take for the same: composed, and in lower case. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
