import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run bench -- [options]

  --only <names>        throughput, tls, many-pairs, pairs, latency, waiting, storm, flood, loop, transfer;
                        several with commas (default: all)
  --subjects <names>    only these subjects, with commas (default: all)
  --runs <n>            counted runs of each subject (default 5)
  --size <bytes>        payload of a throughput, tls or transfer run: 2GiB, 512MiB, 1000000 (default 2GiB)
  --files <n>           files of 10 kB of a transfer run (default 10000)
  --pairs <numbers>     pairs at once of many-pairs, with commas (default 1,100,1000)
  --concurrency <n>     pairings at once of a pairs run (default 32)
  --seconds <n>         length of a pairs, many-pairs or loop run (default 3)
  --samples <n>         pairings of a latency run (default 500)
  --rooms <n>           waiting rooms beside a latency run (default 10000)
  --connections <n>     waiting connections, less where open files are limited (default 5000)
  --storm <n>           connections opened at once (default 10000)
  --flood <n>           bad handshakes a second of a flood run (default 5000)
  --keys <n>            rooms to clean up, and keys of the limiters, of a loop run (default 100000)
  --quick               less than a minute in all, without the peers; for a smoke test, not for figures
  --json <file>         the raw figures of every run
  --chart <file>        throughput and CPU by subject, as SVG
  --help                this text`;

/** Something wrong with the command line: one line, exit 2. */
export class UsageError extends Error {}

/** What is counted: its default, what --quick makes of it, and its bounds. */
const NUMBERS = {
  runs: { full: '5', quick: '1', least: 1, most: 1000 },
  files: { full: '10000', quick: '500', least: 1, most: 1_000_000 },
  concurrency: { full: '32', quick: '16', least: 1, most: 1000 },
  seconds: { full: '3', quick: '0.5', least: 0.1, most: 600, whole: false },
  samples: { full: '500', quick: '30', least: 1, most: 100_000 },
  rooms: { full: '10000', quick: '300', least: 1, most: 1_000_000 },
  connections: { full: '5000', quick: '500', least: 10, most: 1_000_000 },
  storm: { full: '10000', quick: '400', least: 10, most: 1_000_000 },
  flood: { full: '5000', quick: '500', least: 1, most: 1_000_000 },
  keys: { full: '100000', quick: '5000', least: 1, most: 10_000_000 },
};
const SIZE = { full: '2GiB', quick: '128MiB' };
const PAIRS = { full: '1,100,1000', quick: '20' };
const MOST_PAIRS = 5000;

const UNITS = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

function parseFlags(argv) {
  const text = ['only', 'subjects', 'size', 'pairs', 'json', 'chart', ...Object.keys(NUMBERS)];
  const options = Object.fromEntries([
    ...text.map((name) => [name, { type: 'string' }]),
    ...['quick', 'help'].map((name) => [name, { type: 'boolean' }]),
  ]);
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(error.message.split('\n')[0]);
  }
}

function number(flag, value, { least, most, whole = true }) {
  const parsed = Number(value);
  if (value.trim() !== '' && parsed >= least && parsed <= most && (!whole || Number.isInteger(parsed))) {
    return parsed;
  }
  throw new UsageError(
    `--${flag} is a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not '${value}'`,
  );
}

function bytes(flag, value) {
  const [, digits, unit] = /^(\d+) ?([kmg]ib)?$/i.exec(value) ?? [];
  const size = Number(digits) * UNITS[(unit ?? '').toLowerCase()];
  if (size >= 1 && size <= 2 ** 50) return size;
  throw new UsageError(`--${flag} is a number of bytes such as 512MiB or 2GiB, not '${value}'`);
}

const list = (value) => value.split(',').map((part) => part.trim());

function names(flag, value, known) {
  if (value === undefined) return undefined;
  const given = list(value);
  for (const name of given) {
    if (!known.includes(name)) throw new UsageError(`--${flag}: no '${name}' among ${known.join(', ')}`);
  }
  return given;
}

/** What the command line asks for; a flag wins over what --quick sets. */
export function parseOptions(argv, known) {
  const flags = parseFlags(argv);
  const given = (name, { full, quick }) => flags[name] ?? (flags.quick ? quick : full);
  const numbers = Object.entries(NUMBERS).map(([name, spec]) => [
    name,
    number(name, given(name, spec), spec),
  ]);
  return {
    help: flags.help ?? false,
    quick: flags.quick ?? false,
    only: names('only', flags.only, known.measures) ?? known.measures,
    subjects: names(
      'subjects',
      flags.subjects,
      known.subjects.map(({ name }) => name),
    ),
    json: flags.json,
    chart: flags.chart,
    size: bytes('size', given('size', SIZE)),
    pairs: list(given('pairs', PAIRS)).map((part) => number('pairs', part, { least: 1, most: MOST_PAIRS })),
    ...Object.fromEntries(numbers),
  };
}
