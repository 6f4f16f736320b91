import ms from 'ms';

/** How durations and sizes are written: a whole number with its unit. */

export const HOUR_MS = 3_600_000;

/** Longest that a timer waits: with more it fires at once (Node's timers documentation). */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Largest first, as durations are shown. */
const UNITS = [
  ['h', HOUR_MS],
  ['m', 60_000],
  ['s', 1_000],
] as const;

type DurationText = `${number}${'ms' | 's' | 'm' | 'h'}`;

/** Milliseconds of a whole number with its unit (`500ms`, `10s`, `2m`, `1h`); undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  // `ms` gives undefined for more than 100 characters, whatever its types say.
  return isDurationText(text) ? ms(text) : undefined;
}

/** The shortest way to write so many whole milliseconds that `parseDuration` reads back. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const fitting = UNITS.find(([, size]) => milliseconds % size === 0);
  return fitting === undefined ? `${milliseconds}ms` : `${milliseconds / fitting[1]}${fitting[0]}`;
}

/** Stricter than `ms`, which takes `10` for milliseconds, and `1.5 weeks`. */
function isDurationText(text: string): text is DurationText {
  return /^[0-9]+(ms|s|m|h)$/.test(text);
}

/** Bytes in each unit of a size, largest first. */
const SIZE_UNITS = [
  ['TiB', 2 ** 40],
  ['TB', 1e12],
  ['GiB', 2 ** 30],
  ['GB', 1e9],
  ['MiB', 2 ** 20],
  ['MB', 1e6],
  ['KiB', 2 ** 10],
  ['kB', 1e3],
  ['B', 1],
] as const;

/** Bytes of a whole number with its unit (`500kB`, `10MB`, `2GiB`); undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,15})([kMGTK]?i?B)$/.exec(text) ?? [];
  const bytes = SIZE_UNITS.find(([name]) => name === unit)?.[1];
  return digits === undefined || bytes === undefined ? undefined : Number(digits) * bytes;
}

/** The shortest way to write so many whole bytes that `parseSize` reads back. */
export function formatSize(bytes: number): string {
  const [unit, size] = SIZE_UNITS.find(([, each]) => bytes >= each && bytes % each === 0) ?? ['B', 1];
  return `${bytes / size}${unit}`;
}
