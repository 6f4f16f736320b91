import type { Writable } from 'node:stream';
import { escapeJson, oneLine } from '../text/escape.js';
import { ask, CtlError, type Reply } from './ctl/ask.js';
import { readCtl } from './ctl/command-line.js';
import { isPartial, textOf } from './ctl/text.js';
import { UsageError } from '../flags/wording.js';

/** Where it prints; `process` is one. */
export interface CtlOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * `relay-server ctl …`: asks a relay that runs on this machine.
 * @returns the exit code: 0 where it was done, 1 where it was not, 2 for bad usage
 */
export async function main(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  { stdout, stderr }: CtlOutput = process,
): Promise<number> {
  // `print` tells of it.
  stdout.on('error', () => undefined);
  try {
    const request = readCtl(argv, env);
    if ('stdout' in request) {
      await print(stdout, request.stdout);
      return 0;
    }
    const replies: Reply[] = [];
    for await (const reply of ask(request)) {
      // A hundred thousand rooms as JSON go through, and are not gathered.
      if (!request.json || request.action !== 'list') replies.push(reply);
      if (request.json && !(await print(stdout, `${escapeJson(JSON.stringify(reply))}\n`))) break;
    }
    if (!request.json) await print(stdout, textOf(request, replies));
    return isPartial(request, replies) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof CtlError) && !(error instanceof UsageError)) throw error;
    stderr.write(`relay-server ctl: ${oneLine(error.message)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Writes at the pace of whoever reads; false where nobody does any more, as behind `| head`. */
function print(output: Writable, text: string): Promise<boolean> {
  return new Promise((resolve) => void output.write(text, (error) => resolve(!error)));
}
