import { TransferError } from '../transfer-error.js';
import type { Offer } from '../entry.js';
import { unexpected } from '../errors.js';
import { stoppedByReceiver } from '../stops.js';
import type { Report } from '../events.js';
import type { SenderFailures } from '../failed-entries.js';
import { FROM_THE_BEGINNING, PrefixMismatch, sendEntries } from './send-entries.js';
import { LineCut, RelayEnded } from '../line-errors.js';
import type { Session } from '../channel/session.js';
import { Cancellation, type Signal } from '../cancellation.js';
import { type Source, SourceError } from '../source.js';
import {
  type AnswerMessage,
  bareMessage,
  jsonMessage,
  parseAnswer,
  parseBytes,
  parseStop,
  type StopMessage,
  TransferMessage,
} from '../transfer-messages.js';

/** What is sent to one receiver, over as many sessions as it takes. */
export interface Sending {
  readonly source: Source;
  /** Those of this receiver. */
  readonly failures: SenderFailures;
  readonly signal: Signal;
  readonly report: Report;
  /** Which receiver it is, as events say it. */
  readonly peer: number;
  /** In milliseconds, never going back. */
  readonly clock: () => number;
}

/** The sender's part over one session. */
export async function sendOver(session: Session, sending: Sending): Promise<void> {
  const { signal } = sending;
  let stopping: Promise<void> | undefined;
  /** The other side learns that it was meant; where the line is cut already, or it does not read, it learns nothing. */
  const stop = (why: StopMessage['why']): void => {
    stopping ??= (async () => {
      session.send(jsonMessage(TransferMessage.stop, { why })).catch(() => undefined);
      await session.end().catch(() => session.abandon());
    })();
  };
  const onAbort = (): void => stop('stopped');
  signal.addEventListener('abort', onAbort);
  try {
    await offerAndSend(session, sending);
  } catch (error) {
    if (!(error instanceof LineCut)) stop(error instanceof SourceError ? 'source' : 'stopped');
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await stopping;
  }
}

async function offerAndSend(session: Session, sending: Sending): Promise<void> {
  const { source, failures, report, peer } = sending;
  const { offer } = source;
  await session.send(jsonMessage(TransferMessage.offer, offer));
  const answered = await session.receive();
  if (answered?.type === TransferMessage.stop) throw stoppedByReceiver(parseStop(answered.payload), offer);
  if (answered?.type !== TransferMessage.answer) throw unexpected();
  const answer = parseAnswer(answered.payload);
  let had = 0;
  if (answer.answer === 'complete') failures.hear(answer.failed ?? 0);
  if (answer.answer === 'accept') {
    const { bytes: kept } = answer.resume;
    if (kept > (offer.bytes ?? Number.MAX_SAFE_INTEGER)) throw unexpected();
    report({ event: 'agreed', peer });
    if (kept > 0) report({ event: 'resumed', bytes: kept, peer });
    had = await sendFrom(session, answer, sending);
  }
  const files = source.files - failures.files;
  const bytes = offer.bytes === undefined ? had : offer.bytes - failures.bytes;
  report({ event: 'done', files, bytes, names: offer.names, peer, ...failures.told });
  await session.end();
}

/** @returns how many bytes the receiver says that it has, verified */
async function sendFrom(
  session: Session,
  { resume, takes = [] }: Extract<AnswerMessage, { answer: 'accept' }>,
  { source, failures, report, peer, clock }: Sending,
): Promise<number> {
  const { offer } = source;
  let path = offer.names[0] ?? '';
  let had = 0;
  let isAllSent = false;
  // What it has is not sent again, whatever it is.
  source.acknowledge(resume.bytes);
  const listening = listen(
    session,
    offer,
    (bytes) => {
      if (bytes > (offer.bytes ?? Number.MAX_SAFE_INTEGER)) throw unexpected();
      had = bytes;
      source.acknowledge(bytes);
      report({ event: 'progress', bytes, total: offer.bytes, path, peer });
    },
    () => isAllSent,
  );
  // Where it fails, sending fails too, or has failed: told below.
  const over = new Cancellation();
  listening.catch(() => {
    session.abandon();
    over.abort(new LineCut());
  });
  const progress = {
    takes,
    failures,
    over,
    clock,
    onPath(next: string): void {
      path = next;
    },
    onLast(): void {
      isAllSent = true;
    },
  };
  try {
    await sendEntries(session, source, resume, progress).catch(async (error: unknown) => {
      if (!(error instanceof PrefixMismatch)) throw error;
      if (offer.kind === 'stream') throw new TransferError('source', STREAM_LOST);
      report({ event: 'restarted', why: 'What the receiver has kept is not what is sent now.', peer });
      await session.send(bareMessage(TransferMessage.restart));
      await sendEntries(session, source, FROM_THE_BEGINNING, progress);
    });
  } catch (error) {
    if (!(error instanceof LineCut)) throw error;
    // The receiver's own words, or what was wrong with them, or the relay's, say more than that the line broke.
    await listening.catch((said: unknown) => {
      if (!(said instanceof LineCut) || said instanceof RelayEnded) throw said;
    });
    throw error;
  }
  await listening;
  return had;
}

/** Until the receiver has verified everything. @throws TransferError where it stops; what the session throws */
async function listen(
  session: Session,
  offer: Offer,
  onReceived: (bytes: number) => void,
  isAllSent: () => boolean,
): Promise<void> {
  for (;;) {
    const message = await session.receive();
    switch (message?.type) {
      case TransferMessage.received:
        onReceived(parseBytes(message.payload));
        break;
      case TransferMessage.verified:
        if (!isAllSent()) throw unexpected();
        return;
      case TransferMessage.stop:
        throw stoppedByReceiver(parseStop(message.payload), offer);
      default:
        throw unexpected();
    }
  }
}

const STREAM_LOST =
  'The receiver lost what it had of the stream, and a stream cannot be read again. Send it again.';
