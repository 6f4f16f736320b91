import { columnsOf } from '../../transfer/printable.js';

/** A terminal, as `tty.WriteStream` is one. Some say 0 columns for a size that nobody has told them. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** @returns 80 and 24 where the terminal does not tell */
export function sizeOf({ columns, rows }: Pick<Terminal, 'columns' | 'rows'>): {
  columns: number;
  rows: number;
} {
  return { columns: told(columns) ?? 80, rows: told(rows) ?? 24 };
}

function told(number: number | undefined): number | undefined {
  return number === undefined || number < 1 ? undefined : number;
}

const ERASE_LINE = '\u001B[2K';
const ERASE_LINE_ABOVE = `\u001B[1A${ERASE_LINE}`;
const TO_THE_LEFT = '\u001B[G';
/** Shown as one change, where a terminal knows that; others pass over it. */
const AT_ONCE = ['\u001B[?2026h', '\u001B[?2026l'] as const;

/**
 * Lines at the foot of what a terminal shows, drawn over each time. Below them the cursor waits at the beginning of a
 * line, so whatever else is written then has one of its own; `clear` comes before.
 */
export class MovingLines {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];
  #drawnFor = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @param lines each of fewer columns than the terminal has; those that have no room above the cursor are left out */
  draw(lines: readonly string[]): void {
    const { columns, rows } = sizeOf(this.#terminal);
    const fitting = lines.slice(0, Math.max(1, rows - 1));
    const isSame = columns === this.#drawnFor && fitting.join('\n') === this.#drawn.join('\n');
    if (isSame) return;
    this.#write(this.#erase() + fitting.map((line) => `${line}\n`).join(''));
    this.#drawn = fitting;
    this.#drawnFor = columns;
  }

  clear(): void {
    this.#write(this.#erase());
    this.#drawn = [];
  }

  /** A terminal that has become narrower has wrapped what was drawn: it takes more rows by now. */
  #erase(): string {
    const { columns, rows } = sizeOf(this.#terminal);
    const taken = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / columns)),
      0,
    );
    return taken === 0 ? '' : `${ERASE_LINE_ABOVE.repeat(Math.min(taken, rows - 1))}${TO_THE_LEFT}`;
  }

  #write(text: string): void {
    if (text !== '') this.#terminal.write(`${AT_ONCE[0]}${text}${AT_ONCE[1]}`);
  }
}
