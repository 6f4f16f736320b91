import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { columnsOf } from '../../src/transfer/printable.js';
import { eventually } from './eventually.js';
import { OwnProcess } from './own-process.js';

/**
 * What a terminal of so many columns shows after all of this was written to it: its lines, without what scrolled away,
 * blank ends left out. It knows what the tools use, and throws at anything else.
 */
export function shownOn(columns: number, written: string): string[] {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  const put = (character: string): void => {
    const width = columnsOf(character);
    if (column + width > columns) lineFeed();
    const line = (rows[row] ??= []);
    while (line.length < column) line.push(' ');
    line.splice(column, width, character, ...Array.from({ length: width - 1 }, () => ''));
    column += width;
  };
  const lineFeed = (): void => {
    row += 1;
    column = 0;
    rows[row] ??= [];
  };
  const acts =
    /\u001B\[(?<argument>[?0-9;]*)(?<letter>[A-Za-z])|(?<control>[\r\n\b\u0007])|(?<escape>\u001B.?)|(?<character>.)/gsu;
  for (const { groups = {} } of written.matchAll(acts)) {
    const { argument = '', letter, control, escape, character } = groups;
    if (character !== undefined) put(character);
    else if (control === '\n') lineFeed();
    else if (control === '\r') column = 0;
    else if (control === '\b') column = Math.max(0, column - 1);
    else if (letter === 'A') row = Math.max(0, row - Number(argument || '1'));
    else if (letter === 'G') column = Number(argument || '1') - 1;
    else if (letter === 'C') column += Number(argument || '1');
    else if (letter === 'K' && argument === '2') rows[row] = [];
    else if (letter === 'K') rows[row] = (rows[row] ?? []).slice(0, column);
    else if (letter === 'J') rows.splice(row, Infinity, (rows[row] ?? []).slice(0, column));
    else if (escape !== undefined || !argument.startsWith('?'))
      throw new Error(`a terminal would act on ${JSON.stringify(escape ?? `${argument}${letter ?? ''}`)}`);
  }
  const lines = rows.map((line) => line.join('').trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** `script` of util-linux gives a program a terminal; other systems have another `script`, or none. */
export const HAS_SCRIPT = String(spawnSync('script', ['--version']).stdout).includes('util-linux');
if (!HAS_SCRIPT) console.warn('left out: what needs the `script` of util-linux, for a terminal of its own');

/** A tool whose standard input, output and error are one terminal. */
export class ToolOnTerminal extends OwnProcess {
  readonly #columns: number;
  written = '';

  constructor(
    name: 'relay-send' | 'relay-receive',
    args: readonly string[],
    { columns = 80, cwd, env = {} }: { columns?: number; cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ) {
    const bin = fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url));
    const quoted = [process.execPath, bin, ...args].map(
      (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
    );
    const command = `stty columns ${columns} rows 24 && exec ${quoted.join(' ')}`;
    super(['script', '--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      ...(cwd !== undefined && { cwd }),
      env: {
        ...process.env,
        RELAY_CODE: undefined,
        RELAY_ADDRESS: undefined,
        TERM: 'xterm',
        SHELL: '/bin/sh',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#columns = columns;
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.written += text));
  }

  /** The lines on the screen. */
  get shown(): string[] {
    return shownOn(this.#columns, this.written);
  }

  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Waits until the screen has it; what the first group took. */
  until(pattern: RegExp): Promise<string> {
    return eventually(() => {
      const found = pattern.exec(this.shown.join('\n'));
      if (found !== null) return found[1] ?? '';
      throw new Error(`${String(pattern)} is not in: ${JSON.stringify(this.written)}`);
    });
  }
}
