import { printable } from '../../client/landing/names.js';
import { formatBytes, formatSeconds } from './format.js';

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
const COLUMNS_FOR_BAR = 70;
const MIN_PATH_COLUMNS = 8;

/** One line of at most `columns`: ` 45% [#########-----------] 540 MB of 1.2 GB, 98 MB/s, 6 s left  photos/a.jpg`. */
export function progressLine(progress: Progress, columns: number): string {
  const { bytes, total, peer, path } = progress;
  const head = [
    ...(peer === undefined ? [] : [`${peer}:`]),
    ...(total === undefined ? [] : [`${String(percentOf(bytes, total)).padStart(3)}%`]),
    ...(total === undefined || columns < COLUMNS_FOR_BAR ? [] : [bar(bytes, total)]),
    figures(progress),
  ].join(' ');
  const left = columns - head.length - 2;
  const name = left < MIN_PATH_COLUMNS ? '' : `  ${printable(path, left)}`;
  return `${head.slice(0, columns)}${name}`;
}

/** `540 MB of 1.2 GB, 98 MB/s, 6 s left` */
export function figures({ bytes, total, bytesPerSecond }: Progress): string {
  const amount = total === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`;
  if (bytesPerSecond === undefined) return amount;
  const rate = `${amount}, ${formatBytes(bytesPerSecond)}/s`;
  if (total === undefined || bytesPerSecond < 1) return rate;
  return `${rate}, ${formatSeconds((total - bytes) / bytesPerSecond)} left`;
}

/** Whole percent, and 100 only when all is over. */
export function percentOf(bytes: number, total: number): number {
  return total === 0 ? 100 : Math.floor((Math.min(bytes, total) / total) * 100);
}

function bar(bytes: number, total: number): string {
  const filled = Math.floor((percentOf(bytes, total) * BAR_COLUMNS) / 100);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_COLUMNS - filled)}]`;
}
