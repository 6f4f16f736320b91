/** Columns that a name may take where the caller does not say. */
const DEFAULT_COLUMNS = 80;
/** Of a longer text only so many units at either end are looked at: the middle would be left out anyway. */
const LOOKED_AT = 4096;
const ELLIPSIS = '…';

/**
 * Everything that a screen does not show as itself: controls and escapes (Cc), bidi, zero-width and tag characters
 * (Cf), lone surrogates, private and unassigned code points, line separators, spaces other than the plain one, and
 * what Unicode lists as ignorable (fillers, variation selectors). U+2800 is a blank of Braille. Marks are escaped
 * where they have nothing to stand on, and from the fifth: a tower of them runs over the lines above.
 */
const UNSHOWN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|^\p{M}|(?<=[/ ])\p{M}|(?<=\p{M}{4})\p{M}/gu;

/** Two columns wide on a terminal: emoji, and the blocks that Unicode's EastAsianWidth.txt has as W or F. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

/** Shown as they are, one column each. */
const PLAIN = /^[ -~]*$/;

let graphemes: Intl.Segmenter | undefined;

/**
 * A name as it may stand on a screen, in an error or in a progress bar, whoever chose it: what is not shown as itself
 * is written `\u{202e}`, and a name that is too wide is shortened in its middle, so that its extension stays. An
 * escape is never cut.
 *
 * @param maxColumns 1 or more; a wide character takes two
 */
export function printable(name: string, maxColumns: number = DEFAULT_COLUMNS): string {
  const text =
    name.length > 2 * LOOKED_AT ? `${name.slice(0, LOOKED_AT)}${ELLIPSIS}${name.slice(-LOOKED_AT)}` : name;
  const pieces = [...piecesOf(text)];
  const columns = pieces.reduce((sum, piece) => sum + widthOf(piece), 0);
  if (columns <= maxColumns) return pieces.join('');

  const room = Math.max(maxColumns - 1, 0);
  const head = take(pieces, Math.ceil(room / 2));
  const tail = take(pieces.reverse(), room - head.columns);
  return `${head.pieces.join('')}${ELLIPSIS}${tail.pieces.reverse().join('')}`;
}

/** How many columns a text takes on a terminal, where it has nothing that a terminal acts on. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return [...clusters(text)].reduce((sum, cluster) => sum + widthOf(cluster), 0);
}

/** Escapes whole, and what a reader takes for one character otherwise. */
function* piecesOf(text: string): Generator<string> {
  if (PLAIN.test(text)) return yield* text;
  let start = 0;
  for (const match of text.matchAll(UNSHOWN)) {
    yield* clusters(text.slice(start, match.index));
    yield `\\u{${(match[0].codePointAt(0) ?? 0).toString(16)}}`;
    start = match.index + match[0].length;
  }
  yield* clusters(text.slice(start));
}

function* clusters(text: string): Generator<string> {
  // Loads tables: most names need none.
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) yield segment;
}

function widthOf(piece: string): number {
  if (piece.startsWith('\\u{')) return piece.length;
  return WIDE.test(piece) ? 2 : 1;
}

function take(pieces: readonly string[], columns: number): { pieces: string[]; columns: number } {
  const taken: string[] = [];
  let used = 0;
  for (const piece of pieces) {
    const width = widthOf(piece);
    if (used + width > columns) break;
    taken.push(piece);
    used += width;
  }
  return { pieces: taken, columns: used };
}
