import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/transfer/channel/messages.js';
import type { Session } from '../../src/transfer/channel/session.js';
import {
  bareMessage,
  jsonMessage,
  bytesMessage,
  TransferMessage,
} from '../../src/transfer/transfer-messages.js';
import { endOf, HOSTILE_CODE, joinAs } from '../helpers/hostile.js';
import { startRelay } from '../helpers/relay.js';
import { plant, type Running, scratch, startSending } from '../helpers/transfer.js';

const START = { index: 0, chain: '0'.repeat(64), offset: 0, bytes: 0 };
const VERIFIED = bareMessage(TransferMessage.verified);
const BIG_BYTES = 24 * 1024 * 1024;

const accept = (resume: object): Message => jsonMessage(TransferMessage.answer, { answer: 'accept', resume });

/** An honest sender of one file, and a receiver that says what it likes behind the offer. */
async function sendTo(
  play: (session: Session, sending: Running) => Promise<void>,
  bytes = 100_000,
): Promise<{ end: string; sending: Running }> {
  await using relay = await startRelay();
  await using from = await scratch();
  await plant(from.path, { file: randomBytes(bytes) });
  const source = { kind: 'paths' as const, paths: [join(from.path, 'file')] };
  const sending = startSending(relay.port, { source, code: HOSTILE_CODE, giveUpAfterMs: 1_000 });
  await sending.until('waiting');
  const session = await joinAs('receiver', relay.port);
  await session.expect(TransferMessage.offer);
  await play(session, sending);
  const end = await endOf(sending);
  session.abandon();
  return { end, sending };
}

/** Reads until the sender is gone. */
async function drain(session: Session): Promise<number[]> {
  const types: number[] = [];
  try {
    for (let said = await session.receive(); said !== undefined; said = await session.receive())
      types.push(said.type);
  } catch {
    // Gone.
  }
  return types;
}

describe.concurrent('a receiver that knows the code and answers', () => {
  it.each([
    ['no JSON', { type: TransferMessage.answer, payload: Buffer.from('{"answer":') }],
    ['JSON that is no object', { type: TransferMessage.answer, payload: Buffer.from('null') }],
    ['an unknown word', jsonMessage(TransferMessage.answer, { answer: 'perhaps' })],
    ['no place to go on', jsonMessage(TransferMessage.answer, { answer: 'accept' })],
    ['a negative index', accept({ ...START, index: -1 })],
    ['half an index', accept({ ...START, index: 0.5 })],
    ['an offset beyond what numbers hold', accept({ ...START, offset: 2 ** 60 })],
    ['a chain that is none', accept({ ...START, chain: 'x'.repeat(64) })],
    ['more kept bytes than were offered', accept({ ...START, bytes: 100_001 })],
    ['with a message of another kind', VERIFIED],
    ['with a message that there is not', bareMessage(0x7f)],
    ['with an offer of its own', jsonMessage(TransferMessage.offer, {})],
  ])('%s, is told off in a sentence', async (_what, message) => {
    const { end, sending } = await sendTo(async (session) => {
      await session.send(message);
      await drain(session);
    });
    expect(end).toBe('protocol');
    await expect(sending.done).rejects.toThrow(/^[A-Z].*\.$/);
    expect(sending.events.map(({ event }) => event)).not.toContain('done');
  });

  it.each([
    ['an index beyond', { ...START, index: 7 }],
    ['an offset beyond', { ...START, offset: 100_001, digest: 'a'.repeat(64) }],
    ['an offset without a digest', { ...START, offset: 10 }],
    ['another digest', { ...START, offset: 10, digest: 'a'.repeat(64) }],
    ['another chain', { ...START, chain: 'b'.repeat(64) }],
    ['another chain behind the last entry', { ...START, index: 1, chain: 'b'.repeat(64) }],
  ])('%s, gets everything from the beginning', async (_what, resume) => {
    const { end, sending } = await sendTo(async (session, { abort }) => {
      await session.send(accept(resume));
      const [restart, entry, ...rest] = [
        await session.receive(),
        await session.receive(),
        await session.receive(),
      ].map((message) => message?.type);
      expect([restart, entry, ...rest]).toEqual([
        TransferMessage.restart,
        TransferMessage.entry,
        TransferMessage.data,
      ]);
      abort();
      await drain(session);
    });
    expect(end).toBe('Stopped.');
    expect(sending.events.map(({ event }) => event)).toContain('restarted');
  });
});

describe.concurrent('a receiver that knows the code', () => {
  it.each([
    ['says verified before it was sent all', [VERIFIED]],
    ['acknowledges more than was offered', [bytesMessage(TransferMessage.received, BIG_BYTES + 1)]],
    [
      'acknowledges in other than eight bytes',
      [{ type: TransferMessage.received, payload: Buffer.alloc(7) }],
    ],
    ['answers twice', [accept(START)]],
  ])('and %s: the sender stops and is not done', async (_what, messages) => {
    const { end, sending } = await sendTo(async (session) => {
      // Nothing that is sent is read: what it says comes while the sender is at it.
      await session.send(accept(START), ...messages);
    }, BIG_BYTES);
    expect(end).toBe('protocol');
    expect(sending.events.map(({ event }) => event)).not.toContain('done');
  });

  it('and ends in the middle, as if all were well: the sender is not done', async () => {
    const { end } = await sendTo(async (session) => {
      await session.send(accept(START));
      await session.end();
    });
    expect(end).toBe('protocol');
  });

  it('and reads nothing: the sender stalls, and can be stopped', async () => {
    const { end, sending } = await sendTo(async (session, running) => {
      await session.send(accept(START), bytesMessage(TransferMessage.received, 1));
      await running.until('progress');
      running.abort();
    }, BIG_BYTES);
    expect(end).toBe('Stopped.');
    expect(sending.events.filter(({ event }) => event === 'progress')).toHaveLength(1);
  });

  it.each([
    ['destination', 'destination', /could not write/],
    ['mismatch', 'mismatch', /is not what was offered, or not whole/],
    ['exists', 'exists', /of that name already/],
    ['of another version', 'stopped', /stopped/],
  ])('and stops, is believed: %s', async (why, expected, sentence) => {
    const { end, sending } = await sendTo(async (session) => {
      await session.send(accept(START), jsonMessage(TransferMessage.stop, { why }));
      await drain(session);
    });
    expect(end).toBe(expected);
    await expect(sending.done).rejects.toThrow(sentence);
  });
});
