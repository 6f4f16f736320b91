import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run bench -- [options]

  --only <names>        throughput, pairs, waiting, transfer; several with commas (default: all)
  --subjects <names>    only these subjects, with commas (default: all)
  --runs <n>            counted runs of each subject (default 5)
  --size <bytes>        payload of a throughput or transfer run: 2GiB, 512MiB, 1000000 (default 2GiB)
  --files <n>           files of 10 kB of a transfer run (default 10000)
  --concurrency <n>     pairings at once (default 32)
  --seconds <n>         length of a pairs run (default 3)
  --connections <n>     waiting connections, less where open files are limited (default 5000)
  --quick               a few seconds in all, without the peers; for a smoke test, not for figures
  --json <file>         the raw figures of every run
  --help                this text`;

/** Something wrong with the command line: one line, exit 2. */
export class UsageError extends Error {}

const FULL = {
  runs: '5',
  size: '2GiB',
  files: '10000',
  concurrency: '32',
  seconds: '3',
  connections: '5000',
};
const QUICK = {
  runs: '1',
  size: '128MiB',
  files: '500',
  concurrency: '16',
  seconds: '0.5',
  connections: '500',
};
const UNITS = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

function parseFlags(argv) {
  const text = { type: 'string' };
  try {
    return parseArgs({
      args: argv,
      options: {
        ...{ only: text, subjects: text, runs: text, size: text, files: text, concurrency: text },
        ...{
          seconds: text,
          connections: text,
          json: text,
          quick: { type: 'boolean' },
          help: { type: 'boolean' },
        },
      },
    }).values;
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

function names(flag, value, known) {
  if (value === undefined) return undefined;
  const given = value.split(',').map((name) => name.trim());
  for (const name of given) {
    if (!known.includes(name)) throw new UsageError(`--${flag}: no '${name}' among ${known.join(', ')}`);
  }
  return given;
}

/** What the command line asks for; a flag wins over what --quick sets. */
export function parseOptions(argv, known) {
  const flags = parseFlags(argv);
  const values = { ...(flags.quick ? QUICK : FULL), ...flags };
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
    runs: number('runs', values.runs, { least: 1, most: 1000 }),
    size: bytes('size', values.size),
    files: number('files', values.files, { least: 1, most: 1_000_000 }),
    concurrency: number('concurrency', values.concurrency, { least: 1, most: 1000 }),
    seconds: number('seconds', values.seconds, { least: 0.1, most: 600, whole: false }),
    connections: number('connections', values.connections, { least: 10, most: 1_000_000 }),
  };
}
