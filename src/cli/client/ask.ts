import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { sizeOf } from './moving-lines.js';
import { wrap } from './wrap.js';

export interface Question {
  readonly input: Input;
  readonly output: Writable & { readonly columns?: number };
  /** Ends the question; `ask` rejects with its reason. */
  readonly signal: AbortSignal;
  /** What Tab completes; only with it is the line edited here, else the terminal does that by itself. */
  readonly completer?: (line: string) => [completions: string[], of: string];
  /** Stands there already, to be changed or taken as it is; only where the line is edited here. */
  readonly typed?: string | undefined;
  /** Ctrl-C while the line is edited here: it is a key then, and no signal. */
  readonly onInterrupt?: () => void;
}

/** A terminal has both. */
type Input = Readable & { readonly isTTY?: boolean; readonly setRawMode?: (isRaw: boolean) => unknown };

/** One line that a person types; undefined where the input ended (Ctrl-D). */
export async function ask(text: string, question: Question): Promise<string | undefined> {
  const { input, output, signal, completer, typed, onInterrupt } = question;
  signal.throwIfAborted();
  const above = wrap(text.trimEnd(), sizeOf(output).columns - 1);
  const prompt = `${above.pop() ?? ''} `;
  for (const line of above) output.write(`${line}\n`);
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
      lines.question(prompt, { signal }).then(resolve, () => reject(signal.reason as Error));
      if (typed !== undefined) lines.write(typed);
    });
  } finally {
    lines.close();
  }
}

/**
 * Throws away what was typed before a question that it cannot be the answer to: one to something that nobody had seen. Only a
 * terminal holds such keys; what a pipe holds is meant.
 */
export async function forgetTyped({
  input,
  signal,
  onInterrupt,
}: Pick<Question, 'input' | 'signal' | 'onInterrupt'>): Promise<void> {
  if (input.isTTY !== true || input.setRawMode === undefined) return;
  const interrupted = new AbortController();
  const drop = (keys: Buffer | string): void => {
    // Ctrl-C is a key meanwhile.
    if (keys.includes('\u0003')) interrupted.abort();
  };
  // As lines, the terminal gives out one at a read, and keeps what has no Enter yet.
  input.setRawMode(true);
  input.on('data', drop).resume();
  try {
    // Reading begins in the turn after this one, and takes what is there.
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  } finally {
    input.off('data', drop);
    input.pause();
    input.setRawMode(false);
  }
  if (interrupted.signal.aborted) onInterrupt?.();
  signal.throwIfAborted();
}

/** Lines above a question, wrapped as it is. */
export function say(text: string, { output }: Pick<Question, 'output'>): void {
  for (const line of wrap(text, sizeOf(output).columns - 1)) output.write(`${line}\n`);
}
