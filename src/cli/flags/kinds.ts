import ms from 'ms';
import { parseNetwork } from '../../relay/entrance/networks.js';

/** How a value is written: durations, and the other kinds that flags and variables take. */
export interface Kind<Value> {
  /** Empty for a flag that takes no value on the command line. */
  readonly placeholder: string;
  /** Whether it is written with commas, and in a file as an array. */
  readonly isList?: boolean;
  /** Completes "... is not". */
  readonly expected: string;
  /** The value, or undefined where the text is none of this kind. */
  readonly read: (text: string) => Value | undefined;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  /** What is not 0 is no less than this. */
  readonly leastOn?: number;
}

const HOUR_MS = 3_600_000;

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

/** Milliseconds in a range. */
export function duration(range: Range): Kind<number> {
  // A timer's longest time is no round number in any unit: its whole hours are what is told.
  const most = range.max < HOUR_MS ? range.max : range.max - (range.max % HOUR_MS);
  return {
    placeholder: '<time>',
    expected: `a duration from ${formatDuration(range.min)} to ${formatDuration(most)}, such as 500ms, 10s, 2m or 1h`,
    read: (text) => within(range, parseDuration(text)),
  };
}

/** Decimal digits and nothing else: no sign, point, exponent or space. */
export function wholeNumber(range: Range): Kind<number> {
  return {
    placeholder: '<n>',
    expected: `a whole number from ${range.min} to ${range.max}`,
    read: (text) => (/^[0-9]+$/.test(text) ? within(range, Number(text)) : undefined),
  };
}

export function oneOf<Choice extends string>(placeholder: string, choices: readonly Choice[]): Kind<Choice> {
  return {
    placeholder,
    expected: `one of ${choices.join(', ')}`,
    read: (text) => choices.find((choice) => choice === text),
  };
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

/** Bytes in a range; in rates, bytes a second. */
export function size(range: Range): Kind<number> {
  const { min, max, leastOn } = range;
  const off = leastOn === undefined ? '' : `, or ${formatSize(min)}`;
  return {
    placeholder: '<size>',
    expected: `a size from ${formatSize(leastOn ?? min)} to ${formatSize(max)}, such as 500kB, 10MB or 2GiB${off}`,
    read: (text) => within(range, parseSize(text)),
  };
}

/** On where its flag is given; in a variable it is written out. */
export const SWITCH: Kind<boolean> = {
  placeholder: '',
  expected: 'one of true, false, 1, 0, yes, no, on, off',
  read(text) {
    if (['true', '1', 'yes', 'on'].includes(text)) return true;
    return ['false', '0', 'no', 'off'].includes(text) ? false : undefined;
  },
};

/** A path. What is there shows when it is read. */
export const FILE: Kind<string> = {
  placeholder: '<file>',
  expected: 'a path of a file',
  read: (text) => (text === '' || text.includes('\0') ? undefined : text),
};

export const DIRECTORY: Kind<string> = { ...FILE, placeholder: '<dir>', expected: 'a path of a directory' };

/** IP addresses and networks, with commas between them. */
export const NETWORKS: Kind<readonly string[]> = {
  placeholder: '<cidrs>',
  isList: true,
  expected: 'IP addresses or networks with commas between them, such as 10.0.0.0/8,192.0.2.7',
  read(text) {
    const networks = text.split(',').map((network) => network.trim());
    return networks.every((network) => parseNetwork(network) !== undefined) ? networks : undefined;
  },
};

/** What can be listened on. Whether there is such an address shows when it is tried. */
export const ADDRESS: Kind<string> = {
  placeholder: '<addr>',
  expected: 'an IP address or a host name',
  read: (text) => (/^[A-Za-z0-9._:%-]{1,255}$/.test(text) ? text : undefined),
};

/** Where a socket is, or is to be. */
export const PATH: Kind<string> = { ...FILE, placeholder: '<path>', expected: 'a path' };

function within({ min, max, leastOn = min }: Range, value: number | undefined): number | undefined {
  if (value === undefined || value < min || value > max) return undefined;
  return value === 0 || value >= leastOn ? value : undefined;
}
