import { printable } from '../../transfer/names.js';
import { formatBytes, formatSeconds } from '../text/format.js';

export interface Progress {
  readonly bytes: number;
  readonly total: number | undefined;
  /** As the sender has it; escaped here. */
  readonly path: string;
  readonly bytesPerSecond: number | undefined;
  /** Told apart by it where there are several. */
  readonly peer: number | undefined;
}

const BAR_COLUMNS = 20;
const MIN_PATH_COLUMNS = 8;

/**
 * One line of at most `columns`: ` 45% [#########-----------] 540 MB of 1.2 GB, 98 MB/s, 6 s left  photos/a.jpg`. Where
 * there are few columns, less is said.
 */
export function progressLine(progress: Progress, columns: number): string {
  const { peer, path } = progress;
  const prefix = peer === undefined ? '' : `${peer}: `;
  const withName = columns - prefix.length - MIN_PATH_COLUMNS - 2;
  const [whole, ...shorter] = forms(progress);
  const head = whole.length <= withName ? whole : fitting(shorter, columns - prefix.length);
  const left = columns - prefix.length - head.length - 2;
  const name = left < MIN_PATH_COLUMNS ? '' : `  ${printable(path, left)}`;
  return `${prefix}${head}${name}`.slice(0, Math.max(1, columns));
}

/** The first that takes no more columns; else what of the last one does. */
export function fitting(shorterAndShorter: readonly string[], columns: number): string {
  return (
    shorterAndShorter.find((text) => text.length <= columns) ??
    (shorterAndShorter.at(-1) ?? '').slice(0, Math.max(0, columns))
  );
}

function forms(progress: Progress): [string, ...string[]] {
  const { bytes, total } = progress;
  const { amount, rate, left } = figuresOf(progress);
  const join = (...parts: (string | undefined)[]): string =>
    parts.filter((part) => part !== undefined).join(', ');
  if (total === undefined) return [join(amount, rate), join(amount, rate), amount];
  const percent = `${String(percentOf(bytes, total)).padStart(3)}%`;
  return [
    `${percent} ${bar(bytes, total)} ${join(amount, rate, left)}`,
    `${percent} ${join(amount, rate, left)}`,
    `${percent} ${join(amount, left)}`,
    join(percent, left),
    percent,
  ];
}

/** `540 MB of 1.2 GB, 98 MB/s, 6 s left` */
export function figures(progress: Progress): string {
  const { amount, rate, left } = figuresOf(progress);
  return [amount, rate, left].filter((part) => part !== undefined).join(', ');
}

function figuresOf({ bytes, total, bytesPerSecond }: Progress) {
  const amount = total === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`;
  if (bytesPerSecond === undefined) return { amount };
  const rate = `${formatBytes(bytesPerSecond)}/s`;
  if (total === undefined || bytesPerSecond < 1) return { amount, rate };
  return { amount, rate, left: `${formatSeconds((total - bytes) / bytesPerSecond)} left` };
}

/** Whole percent, and 100 only when all is over. */
export function percentOf(bytes: number, total: number): number {
  return total === 0 ? 100 : Math.floor((Math.min(bytes, total) / total) * 100);
}

function bar(bytes: number, total: number): string {
  const filled = Math.floor((percentOf(bytes, total) * BAR_COLUMNS) / 100);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_COLUMNS - filled)}]`;
}
