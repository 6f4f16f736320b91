import { formatDuration, formatSize, HOUR_MS, parseDuration, parseSize } from './units.js';

/** How a value is written on a command line, in a variable and in a file. */
export interface Kind<Value> {
  /** Empty for a flag that takes no value on the command line. */
  readonly placeholder: string;
  /** Whether it is written with commas, and in a file as an array. */
  readonly isList?: boolean;
  /** Completes "... is not". */
  readonly expected: string;
  /** What a shell completes it with; undefined where only a person knows. */
  readonly completes?: 'paths' | readonly string[];
  /** The value, or undefined where the text is none of this kind. */
  readonly read: (text: string) => Value | undefined;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  /** What is not 0 is no less than this. */
  readonly leastOn?: number;
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
    completes: choices,
    read: (text) => choices.find((choice) => choice === text),
  };
}

/** Some of a few words, with commas between them. */
export function someOf<Choice extends string>(
  placeholder: string,
  choices: readonly Choice[],
): Kind<readonly Choice[]> {
  return {
    placeholder,
    isList: true,
    expected: `one or more of ${choices.join(', ')}, with commas between them`,
    completes: choices,
    read(text) {
      const words = text.split(',').map((word) => choices.find((choice) => choice === word.trim()));
      const known = words.filter((word) => word !== undefined);
      return known.length === words.length ? [...new Set(known)] : undefined;
    },
  };
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
  completes: 'paths',
  read: (text) => (text === '' || text.includes('\0') ? undefined : text),
};

export const DIRECTORY: Kind<string> = { ...FILE, placeholder: '<dir>', expected: 'a path of a directory' };

/** A path of anything. */
export const PATH: Kind<string> = { ...FILE, placeholder: '<path>', expected: 'a path' };

function within({ min, max, leastOn = min }: Range, value: number | undefined): number | undefined {
  if (value === undefined || value < min || value > max) return undefined;
  return value === 0 || value >= leastOn ? value : undefined;
}
