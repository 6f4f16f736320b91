import type { ConnectionRecord, Ending } from '../../relay/observer.js';

/** Refusals that get a line of their own in one second; the others of that second share one. */
export const REFUSAL_LINES_PER_SECOND = 20;

const SECOND_MS = 1_000;

export interface ConnectionLogOptions {
  /** Where lines go: a pino logger, or anything with its `info`. */
  readonly logger: { info(fields: object, message: string): void };
  /** Runs a callback once, after so many milliseconds; gives what cancels it. */
  readonly setTimer?: (callback: () => void, ms: number) => () => void;
}

export interface ConnectionLog {
  /** Writes one line, or counts a refusal that is one of too many. */
  connectionEnded(record: ConnectionRecord): void;
  /** Writes what was counted and stops the timer. Call it once no connection is left. */
  close(): void;
}

/**
 * One line for each connection's end. A flood of refusals is summed up to a line a second, so that whoever can
 * connect cannot fill the disk; a flood goes on until a second that could have had a line for each.
 */
export function createConnectionLog({
  logger,
  setTimer = setUnrefTimer,
}: ConnectionLogOptions): ConnectionLog {
  /** Lines that the running second may still write. */
  let linesLeft = REFUSAL_LINES_PER_SECOND;
  /** Refusals in the running second. */
  let seen = 0;
  let counted = new Map<Ending, number>();
  /** Defined while a second runs: the first refusal after a quiet time begins one. */
  let cancelTimer: (() => void) | undefined;

  function secondOver(): void {
    const flooded = seen > REFUSAL_LINES_PER_SECOND;
    seen = 0;
    writeSum();
    linesLeft = flooded ? 0 : REFUSAL_LINES_PER_SECOND;
    cancelTimer = flooded ? setTimer(secondOver, SECOND_MS) : undefined;
  }

  function writeSum(): void {
    if (counted.size === 0) return;
    const count = [...counted.values()].reduce((sum, each) => sum + each, 0);
    logger.info({ count, endings: Object.fromEntries(counted) }, 'refusals summed up');
    counted = new Map();
  }

  return {
    connectionEnded(record) {
      if (record.admitted) {
        logger.info(fieldsOf(record), 'connection ended');
        return;
      }
      cancelTimer ??= setTimer(secondOver, SECOND_MS);
      seen += 1;
      if (linesLeft > 0) {
        linesLeft -= 1;
        logger.info(fieldsOf(record), 'connection ended');
      } else {
        counted.set(record.ending, (counted.get(record.ending) ?? 0) + 1);
      }
    },
    close() {
      cancelTimer?.();
      cancelTimer = undefined;
      seen = 0;
      linesLeft = REFUSAL_LINES_PER_SECOND;
      writeSum();
    },
  };
}

/** Named one by one, so that nothing that a record may carry later gets into the log unseen. */
function fieldsOf(record: ConnectionRecord): object {
  return {
    source: record.source ?? null,
    role: record.role ?? null,
    ...(record.sender !== undefined && { sender: record.sender }),
    room: record.room ?? null,
    ending: record.ending,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    waitedMs: Math.round(record.waitedMs),
    pairedMs: Math.round(record.pairedMs),
  };
}

/** A pending sum must not keep a process alive that is done: `close` writes it. */
function setUnrefTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
