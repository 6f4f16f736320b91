import type { Readable } from 'node:stream';
import type { Send, SendSource } from '../../client/api.js';
import type { SendSettings, Source } from '../send-settings.js';
import { type Io, reporterFor } from './io.js';
import { formatRelay, relayAddress } from './relay-flags.js';
import { runTransfer } from './run.js';

/** @returns the exit code. */
export async function runSend(settings: SendSettings, io: Io, send: Send): Promise<number> {
  const { source, relay, receivers, form } = settings;
  const address = formatRelay(relay);
  const otherSide = `relay-receive${address === undefined ? '' : ` --relay ${address}`}`;
  const reporter = reporterFor(io, form, {
    side: 'send',
    peers: receivers,
    showsOffer: true,
    otherSide,
  });
  const whenStopped = (): string => stoppedSentence(settings);
  let input: Readable | undefined;
  try {
    return await runTransfer({ reporter, io, whenStopped }, async (reporter, { signal }) => {
      const from = sourceFor(source, io);
      if (from.kind === 'stream') input = from.stream;
      if (source.kind === 'stdin' && io.stdin.isTTY === true)
        reporter.notice('Sending what you type; Ctrl-D ends it.');
      const { code, token, giveUpAfterMs } = settings;
      const to = { relay: relayAddress(relay), code, token, receivers, giveUpAfterMs, signal };
      await send({ ...to, source: from }, reporter.report);
    });
  } finally {
    // An input that is still open would keep the process alive.
    input?.destroy();
  }
}

/** @throws {UsageError} where standard input is nothing that can be sent */
function sourceFor(source: Source, io: Io): SendSource {
  return source.kind === 'stdin' ? { kind: 'stream', name: source.name, stream: io.openInput() } : source;
}

/** What to do then. The code is not in it: it stands on the screen, or where it came from. */
function stoppedSentence({ source, code }: SendSettings): string {
  if (source.kind === 'stdin')
    return 'Stopped. Standard input cannot be read again: run the whole command anew.';
  const again = code === undefined ? 'again with --code and the code above' : 'again';
  return `Stopped. To go on, run the same command ${again}; what arrived is kept.`;
}
