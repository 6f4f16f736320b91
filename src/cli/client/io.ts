import { isAbsolute } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { TransferError } from '../../transfer/transfer-error.js';
import type { Form } from './settings.js';
import { type Output, standardInput, standardOutput } from './descriptors.js';
import { jsonReporter } from './json-reporter.js';
import { plainReporter, quietReporter } from './plain-reporter.js';
import { monotonicClock, type Reporter, type View } from './reporter.js';
import { timed } from './timed.js';

/** The three streams, and what is known of the terminal behind them. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly env: NodeJS.ProcessEnv;
  /** Standard input as something that is sent. @throws {UsageError} where it can be none */
  readonly openInput: () => Readable;
  /** Standard output as a place for what is received. @throws {UsageError} where it can be none */
  readonly openOutput: () => Output;
}

/** Those of this process. */
export function ownIo(env: NodeJS.ProcessEnv): Io {
  const { stdin, stdout, stderr } = process;
  const openInput = (): Readable => standardInput(process);
  const openOutput = (): Output => standardOutput(process);
  return { stdin, stdout, stderr, env, openInput, openOutput };
}

/** The current directory; undefined where somebody has deleted it. */
export function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** @throws TransferError where one of the paths is relative to a directory that is gone */
export function checkCurrentDirectory(paths: readonly string[], code: 'source' | 'destination'): void {
  if (paths.every((path) => isAbsolute(path)) || currentDirectory() !== undefined) return;
  throw new TransferError(code, 'The current directory was deleted. Change into another, and run it again.');
}

/** Whether there is a person to ask: one who can type, and read the question. */
export function canAsk({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

export async function reporterFor(io: Io, form: Form, view: View): Promise<Reporter> {
  return timed(await plainOrDrawn(io, form, view), monotonicClock);
}

/** What draws on a terminal is loaded for one only. */
async function plainOrDrawn({ stderr, env }: Io, form: Form, view: View): Promise<Reporter> {
  const output = { write: (text: string): void => void stderr.write(text) };
  if (form === 'json') return jsonReporter(output, monotonicClock);
  if (form === 'quiet') return quietReporter(output, view);
  if (stderr.isTTY !== true || env['TERM'] === 'dumb' || view.isTypedOn === true)
    return plainReporter(output, monotonicClock, view);
  const terminal = {
    ...output,
    get columns() {
      return stderr.columns;
    },
    get rows() {
      return stderr.rows;
    },
  };
  const { terminalReporter } = await import('./terminal-reporter.js');
  return terminalReporter(terminal, monotonicClock, view);
}
