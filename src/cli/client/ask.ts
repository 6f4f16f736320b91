import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

export interface Question {
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the question; `ask` rejects with its reason. */
  readonly signal: AbortSignal;
  /** What Tab completes; only with it is the line edited here, else the terminal does that by itself. */
  readonly completer?: (line: string) => [completions: string[], of: string];
  /** Ctrl-C while the line is edited here: it is a key then, and no signal. */
  readonly onInterrupt?: () => void;
}

/** One line that a person types; undefined where the input ended (Ctrl-D). */
export async function ask(text: string, question: Question): Promise<string | undefined> {
  const { input, output, signal, completer, onInterrupt } = question;
  signal.throwIfAborted();
  const lines = createInterface({
    input,
    output,
    terminal: completer !== undefined,
    historySize: 0,
    ...(completer === undefined ? {} : { completer }),
  });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once('close', () => resolve(undefined));
      lines.on('SIGINT', () => onInterrupt?.());
      lines.question(text, { signal }).then(resolve, () => reject(signal.reason as Error));
    });
  } finally {
    lines.close();
  }
}
