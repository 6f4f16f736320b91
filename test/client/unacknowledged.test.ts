import { createHash, type Hash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { FROM_THE_BEGINNING } from '../../src/transfer/sending/send-entries.js';
import type { Session } from '../../src/transfer/channel/session.js';
import { MAX_KEPT_BYTES } from '../../src/client/source/stream.js';
import {
  bareMessage,
  bytesMessage,
  jsonMessage,
  type Resume,
  TransferMessage,
} from '../../src/transfer/transfer-messages.js';
import { HOSTILE_CODE, joinAs } from '../helpers/hostile.js';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { Collected, scratch, startReceiving, startSending } from '../helpers/transfer.js';

const CHUNK = 64 * 1024;
const COMES_BACK_SOON = { waitsMs: [10], doorAfterMs: { sender: 10, receiver: 10 } };

/** So many bytes that differ, and how many of them were taken. */
function counted(bytes: number) {
  let taken = 0;
  const chunks = function* (): Generator<Buffer> {
    while (taken < bytes) yield Buffer.alloc(CHUNK, (taken += CHUNK) / CHUNK);
  };
  return { stream: Readable.from(chunks(), { objectMode: false }), taken: () => taken };
}

/**
 * Takes the offer, and all bytes up to `until`, without a word about them.
 * @returns how many it has: where a message goes beyond, all of that
 */
async function takeSilently(session: Session, resume: Resume, until: number, hash: Hash): Promise<number> {
  await session.expect(TransferMessage.offer);
  await session.send(jsonMessage(TransferMessage.answer, { answer: 'accept', resume }));
  await session.expect(TransferMessage.entry);
  let at = resume.offset;
  while (at < until) {
    const data = await session.expect(TransferMessage.data);
    hash.update(data);
    at += data.length;
  }
  return at;
}

it('a receiver that never acknowledges a stream gets no more than the sender keeps, also after a cut', async () => {
  await using relay = await startRelay();
  const total = MAX_KEPT_BYTES + 8 * 1024 * 1024;
  const { stream, taken } = counted(total);
  const sending = startSending(relay.port, {
    source: { kind: 'stream', name: 'in', stream },
    code: HOSTILE_CODE,
    timing: COMES_BACK_SOON,
  });
  await sending.until('waiting');
  const hash = createHash('sha256');
  const first = await joinAs('receiver', relay.port);
  const had = await takeSilently(first, FROM_THE_BEGINNING, MAX_KEPT_BYTES, hash);
  // The last chunk, and what the stream itself reads ahead.
  const most = MAX_KEPT_BYTES + 4 * CHUNK;
  expect(taken()).toBeLessThanOrEqual(most);
  first.abandon();
  await sending.until('cut');
  const second = await joinAs('receiver', relay.port);
  expect(taken()).toBeLessThanOrEqual(most);
  const digest = hash.copy().digest('hex');
  const resume = { ...FROM_THE_BEGINNING, offset: had, bytes: had, digest };
  await takeSilently(second, resume, total, hash);
  await second.expect(TransferMessage.fileEnd);
  await second.expect(TransferMessage.complete);
  await second.send(bytesMessage(TransferMessage.received, total), bareMessage(TransferMessage.verified));
  await sending.done;
  second.abandon();
  const whole = createHash('sha256');
  for await (const chunk of counted(total).stream) whole.update(chunk as Buffer);
  expect(hash.digest('hex')).toBe(whole.digest('hex'));
});

it('a line that is cut while nothing comes from the stream is noticed, and the next one is there before it does', async () => {
  await using relay = await startRelay();
  await using proxy = await startProxy(relay.port);
  await using to = await scratch();
  const stream = new PassThrough();
  const sending = startSending(proxy.port, { source: { kind: 'stream', name: 'in', stream } });
  const { code } = await sending.until('code');
  const stdout = new Collected();
  const receiving = startReceiving(relay.port, code, to.path, { output: '-', stdout });
  stream.write('one, ');
  await sending.until('progress');
  proxy.cut();
  await sending.until('cut');
  await sending.until('resumed');
  stream.end('two');
  await Promise.all([sending.done, receiving.done]);
  expect(stdout.bytes.toString()).toBe('one, two');
});
