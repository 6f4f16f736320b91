import type { Readable } from 'node:stream';
import type { Send, SendSource } from '../../client/api.js';
import type { SendSettings, Source } from './send-settings.js';
import { checkCurrentDirectory, type Io, reporterFor } from './io.js';
import { formatRelay, relayAddress } from './relay-address.js';
import { runTransfer, type StoppedBecause } from './run.js';
import { command } from './wrap.js';

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
    isTypedOn: source.kind === 'stdin' && io.stdin.isTTY === true,
  });
  let announced: string | undefined;
  const whenStopped = (): StoppedBecause =>
    stopped(settings, io.stderr.isTTY === true ? announced : undefined);
  let input: Readable | undefined;
  try {
    return await runTransfer({ reporter, io, whenStopped }, async (reporter, { signal }) => {
      if (source.kind === 'paths') checkCurrentDirectory(source.paths, 'source');
      const from = sourceFor(source, io);
      if (from.kind === 'stream') input = from.stream;
      if (source.kind === 'stdin' && io.stdin.isTTY === true)
        reporter.notice('Sending what you type; Ctrl-D ends it.');
      const { code, token, giveUpAfterMs } = settings;
      const to = { relay: relayAddress(relay), code, token, receivers, giveUpAfterMs, signal };
      await send({ ...to, source: from }, (event) => {
        if (event.event === 'code') announced = event.code;
        reporter.report(event);
      });
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

/**
 * What to do then.
 * @param announced the code, where it stands on this screen already; into a log it is not written once more
 */
function stopped({ source, code, again, form }: SendSettings, announced: string | undefined): StoppedBecause {
  if (source.kind === 'stdin')
    return { sentence: 'Stopped. Standard input cannot be read again: run the whole command anew.' };
  if (announced !== undefined && again !== undefined && form === 'people') {
    const run = command(withCode(again, announced));
    return { sentence: `Stopped; what arrived is kept. To go on, run: ${run}` };
  }
  const how = code === undefined ? 'again with --code and the code above' : 'again';
  const sentence = `Stopped. To go on, run the same command ${how}; what arrived is kept.`;
  return { sentence, command: again };
}

/** As an argument it would stand in the process list. */
function withCode(again: string, code: string): string {
  return process.platform === 'win32' ? `${again} --code ${code}` : `RELAY_CODE=${code} ${again}`;
}
