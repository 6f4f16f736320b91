import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Receive } from '../../client/api.js';
import type { Answer, ReceivePlan } from '../../transfer/landing.js';
import { LandingError } from '../../transfer/landing.js';
import { checkPlace } from '../../client/receive.js';
import type { ReceiveSettings } from './receive-settings.js';
import { askToAgree } from './agree.js';
import { askCode } from './ask-code.js';
import type { GivenCode } from './settings.js';
import { UsageError } from '../flags/wording.js';
import type { Output } from './descriptors.js';
import { canAsk, checkCurrentDirectory, type Io, reporterFor } from './io.js';
import { around, ReceivedOutput } from './received-output.js';
import { relayAddress } from './relay-address.js';
import { runTransfer, type StoppedBecause, type Stopping } from './run.js';

/** @returns the exit code. */
export async function runReceive(
  settings: ReceiveSettings,
  io: Io,
  cwd: string,
  receive: Receive,
): Promise<number> {
  const { form, yes, output, whenExists, wait, giveUpAfterMs } = settings;
  const view = { side: 'receive', peers: 1, showsOffer: yes, otherSide: undefined } as const;
  let hasJoined = false;
  const whenStopped = (): StoppedBecause => stopped(settings, hasJoined, canAsk(io));
  // Into a pipe or a file go the bytes as they are.
  const shown = io.stdout.isTTY === true ? new ReceivedOutput(io, output !== '-') : undefined;
  const reporter = reporterFor(io, form, view).then((reporter) => {
    return shown === undefined ? reporter : around(shown, reporter);
  });
  const options = { reporter, io, whenStopped };
  return await runTransfer(options, async (reporter, stopping) => {
    // Before the relay is asked: a sender should not wait for a question that nobody can answer.
    if (!yes && !canAsk(io))
      throw new UsageError('there is no terminal to ask on. Give --yes to agree to what is offered.');
    if (output !== '-') checkCurrentDirectory([output ?? '.'], 'destination');
    const written = output === '-' ? io.openOutput() : openForText(io);
    // Whoever writes there is told; nobody else needs to hear of it.
    written.on('error', () => undefined);
    const stdout = shown ?? written;
    // Before a person types the code.
    const relay = relayAddress(settings.relay);
    const { signal, stop } = stopping;
    const question = { input: io.stdin, output: io.stderr, signal, onInterrupt: stop };
    if (settings.code === undefined) await checkPlace({ output, cwd });
    const { code, hint } = await codeFor(settings, io, stopping);
    if (hint !== undefined) reporter.notice(hint);
    const agree = async (plan: ReceivePlan): Promise<Answer> => {
      if (yes) return true;
      reporter.pause();
      return await askToAgree(plan, whenExists, question);
    };
    const what = { relay, code, output, cwd, whenExists, agree, stdout, wait, giveUpAfterMs, signal };
    await receive(what, (event) => {
      hasJoined ||= event.event === 'connected';
      reporter.report(event);
    });
    if (shown !== undefined) await finished(shown.end());
  });
}

/** Files may come as well, which need no standard output: that it can be none is said when there is a text. */
function openForText(io: Io): Output {
  try {
    return io.openOutput();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const problem = new LandingError('io', `The text has no place: ${error.message}`);
    return new Writable({ write: (_chunk, _encoding, done) => done(problem) });
  }
}

/** @throws {UsageError} where there is none, and nobody can be asked, or nothing was typed. */
async function codeFor(
  { code, form, yes }: ReceiveSettings,
  io: Io,
  { signal, stop }: Stopping,
): Promise<GivenCode> {
  const lacking = 'the code is missing. Put it into RELAY_CODE; at a terminal it is asked for.';
  const isAsked = canAsk(io) && form !== 'json';
  // In a script a word may be nobody's. A person is asked before it costs a try.
  if (code !== undefined && (code.hint === undefined || yes || !isAsked)) return code;
  if (!isAsked) throw new UsageError(lacking);
  const question = { input: io.stdin, output: io.stderr, signal, onInterrupt: stop };
  const given = await askCode(question, code?.code);
  if (given === undefined) throw new UsageError(lacking);
  return given;
}

/** What to do then. The sender was told, and has ended. */
function stopped(
  { output, again, form }: ReceiveSettings,
  hasJoined: boolean,
  isAsked: boolean,
): StoppedBecause {
  if (!hasJoined) return { sentence: 'Stopped.' };
  const kept = output === '-' ? 'it starts from the beginning' : 'what arrived is kept';
  // Where somebody can be asked, the code is.
  const run =
    again !== undefined && isAsked && form === 'people' ? `run: ${again}` : `run the same command; ${kept}.`;
  const first = run.startsWith('run:') ? `Stopped; ${kept}.` : 'Stopped.';
  return { sentence: `${first} To go on, let the sender run again with --code, then ${run}`, command: again };
}
