import { printable } from '../../text/escape.js';

export interface Column {
  readonly heading: string;
  /** Numbers stand at the right. */
  readonly align?: 'right';
  /** Most characters; what is longer is cut, and ends in `…`. */
  readonly most?: number;
}

/** Rows under headings, as wide as they have to be. What a cell holds may come from anywhere: nothing in it acts. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  const cells = rows.map((row) =>
    columns.map(({ most = Infinity }, index) => shortened(printable(row[index] ?? ''), most)),
  );
  const all = [columns.map(({ heading }) => heading), ...cells];
  const widths = columns.map((_, index) =>
    all.reduce((most, row) => Math.max(most, row[index]?.length ?? 0), 0),
  );
  const lines = all.map((row) =>
    row
      .map((cell, index) =>
        columns[index]?.align === 'right'
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
