import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { formatHandshake, type JoinRequest } from '../../../protocol/handshake.js';
import { parseReply } from '../../../protocol/parse-reply.js';
import { voice } from '../../../protocol/replies.js';
import type { Finding } from './finding.js';

const BYTES = 4 * 2 ** 20;
const NOTICE = voice({ status: true, raw: false }).disconnected('closed');
/** Of what the relay says before the payload, no more than this is looked at. */
const WORDS_BYTES = 256;

/**
 * Sends a few MiB both ways through a relay, as a sender and a receiver do, and compares.
 * @param about what to call it
 * @param dial a connection to the relay, half-open when its other side has ended
 * @param timeoutMs for all of it
 */
export async function tryTransfer(about: string, dial: () => Socket, timeoutMs: number): Promise<Finding> {
  const code = `doctor-${randomBytes(12).toString('hex')}`;
  const sent = randomBytes(BYTES);
  const answered = randomBytes(BYTES);
  const begun = performance.now();
  const [sender, receiver] = [dial(), dial()];
  const timer = setTimeout(() => {
    sender.destroy(new Error(`it was not over within ${timeoutMs / 1000} s.`));
  }, timeoutMs);
  try {
    const [atSender, atReceiver] = await Promise.all([
      converse(sender, { code, role: 'sender' }, sent),
      converse(receiver, { code, role: 'receiver', wait: true }, answered),
    ]);
    const ms = Math.round(performance.now() - begun);
    const problem = problemWith(atReceiver, sent) ?? problemWith(atSender, answered);
    if (problem !== undefined) return { level: 'fail', about, text: problem };
    const text = `${BYTES / 2 ** 20} MiB each way arrived unchanged in ${ms} ms, and the notice after them.`;
    return { level: 'ok', about, text };
  } catch (error) {
    return { level: 'fail', about, text: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    sender.destroy();
    receiver.destroy();
  }
}

type Joining = Pick<JoinRequest, 'code' | 'role'> & Partial<JoinRequest>;

/** Joins, then says the payload once it is paired. @returns what it read behind `PAIRED` */
function converse(socket: Socket, request: Joining, payload: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let words = Buffer.alloc(0);
    const chunks: Buffer[] = [];
    let isPaired = false;
    socket.on('data', (chunk: Buffer) => {
      if (isPaired) {
        chunks.push(chunk);
        return;
      }
      words = Buffer.concat([words, chunk]);
      const rest = behindPaired(words);
      if (rest === undefined) return;
      isPaired = true;
      chunks.push(rest);
      socket.end(payload);
    });
    socket.on('end', () => (isPaired ? resolve(Buffer.concat(chunks)) : reject(refused(words))));
    socket.on('error', (error) => {
      const isOfSystem = 'code' in error;
      reject(isOfSystem ? new Error(`the connection failed: ${error.message}.`) : error);
    });
    socket.write(formatHandshake({ ...request, status: true }));
  });
}

/** What comes behind the lines in which the relay says that it waits, then that it is paired. */
function behindPaired(words: Buffer): Buffer | undefined {
  const text = words.toString('latin1', 0, WORDS_BYTES);
  for (let at = 0, end = text.indexOf('\n'); end >= 0; at = end + 1, end = text.indexOf('\n', at)) {
    const reply = parseReply(text.slice(at, end));
    if (reply?.kind === 'paired') return words.subarray(end + 1);
    if (reply?.kind !== 'waiting') return undefined;
  }
  return undefined;
}

function refused(words: Buffer): Error {
  const last = words.toString('latin1', 0, WORDS_BYTES).split('\n').at(-2);
  if (last === undefined) return new Error('the relay hung up without a word.');
  return new Error(`the relay said ${JSON.stringify(last)}.`);
}

/** Undefined where what was read is the payload and the notice. */
function problemWith(read: Buffer, payload: Buffer): string | undefined {
  const body = read.subarray(0, payload.length);
  const behind = read.toString('latin1', payload.length, payload.length + WORDS_BYTES);
  if (body.length < payload.length) return `${body.length} of ${payload.length} bytes arrived.`;
  if (!body.equals(payload)) return 'what arrived differs from what was sent.';
  return behind === NOTICE ? undefined : `behind the bytes came ${JSON.stringify(behind)}, not the notice.`;
}
