import { expect, it } from 'vitest';
import { type TestRelay, startRelay } from '../../helpers/relay.js';
import type { Client } from '../../helpers/client.js';

/** A pairing from its beginning to its end: a relay that can do this is well. */
async function expectWell(relay: TestRelay): Promise<void> {
  const { sender, receiver } = await relay.pair('well');
  sender.end('are you?');
  expect(await receiver.untilEnd()).toBe('are you?DISCONNECT\n');
  receiver.end('I am.');
  expect(await sender.untilEnd()).toBe('I am.DISCONNECT\n');
}

/** What was sent before this is read before it returns: another client's whole conversation lies between. */
async function barrier(relay: TestRelay): Promise<void> {
  expect(await relay.ask('barrier\n')).toMatch(/^Invalid handshake/);
}

async function received(relay: TestRelay, sender: Client, code: string): Promise<string> {
  const receiver = await relay.connect(`${code}:receiver:wait\n`);
  await relay.untilRooms({ paired: 1 });
  sender.end();
  receiver.end();
  return await receiver.untilEnd();
}

it('split_every_byte: the same as one write', async () => {
  await using relay = await startRelay();
  const sender = await relay.connect();
  for (const byte of 'split.every-byte_:sender:status\npay') {
    await new Promise((written) => sender.socket.write(byte, written));
  }
  await sender.untilText('WAITING');
  sender.write('load');
  expect(await received(relay, sender, 'split.every-byte_')).toBe('payloadDISCONNECT\n');
  expect(await sender.untilEnd()).toBe('WAITING 600\nPAIRED\nDISCONNECT closed\n');
  await relay.untilEmpty();
});

it.each([1, 1000, 65_536])('coalesced_early_payload: %i bytes, once, in order', async (length) => {
  await using relay = await startRelay();
  const payload = Buffer.alloc(length, '0123456789abcdef\n');
  const sender = await relay.connect(Buffer.concat([Buffer.from('early:sender\n'), payload]));
  await relay.untilRooms({ waiting: 1 });
  sender.write('late');
  expect(await received(relay, sender, 'early')).toBe(`${payload.toString()}lateDISCONNECT\n`);
  await relay.untilEmpty();
  expect(relay.records.find((record) => record.role === 'sender')).toMatchObject({
    bytesIn: length + 4,
    bytesOut: 0,
  });
});

it('coalesced_early_payload: of a receiver too', async () => {
  await using relay = await startRelay();
  const receiver = await relay.connect('early:receiver:wait\nfrom the receiver');
  await relay.untilRooms({ waiting: 1 });
  const sender = await relay.connect('early:sender\nfrom the sender');
  await receiver.untilText('from the sender');
  receiver.end(', twice');
  sender.end();
  expect(await sender.untilEnd()).toBe('from the receiver, twiceDISCONNECT\n');
  expect(await receiver.untilEnd()).toBe('from the senderDISCONNECT\n');
  await relay.untilEmpty();
});

it('crlf_line: the CR is no part of the line, and what comes behind it is payload', async () => {
  await using relay = await startRelay();
  const sender = await relay.connect('crlf:sender\r\n\r\npayload');
  await relay.untilRooms({ waiting: 1 });
  expect(await received(relay, sender, 'crlf')).toBe('\r\npayloadDISCONNECT\n');
  await relay.untilEmpty();
});

it('crlf_line: the CR may come in another packet', async () => {
  await using relay = await startRelay();
  const sender = await relay.connect('crlf:sender:status\r');
  await barrier(relay);
  sender.write('\n');
  await sender.untilText('WAITING');
  sender.end();
  expect(await sender.untilEnd()).toBe('WAITING 600\n');
  await relay.untilEmpty();
});

it('oversize_line: refused at the 257th byte, not at the deadline', async () => {
  await using relay = await startRelay({ handshakeTimeoutMs: 60_000 });
  const client = await relay.connect('x'.repeat(256));
  await barrier(relay);
  expect(client.text).toBe('');
  expect(client.ended).toBe(false);
  client.write('x');
  expect(await client.finish()).toBe('Invalid handshake: the line is longer than 256 bytes.\n');
  await relay.untilEmpty();
  expect(relay.records.at(-1)).toMatchObject({ ending: 'invalid-handshake', role: undefined });
});

it('oversize_line: an LF at the 257th byte is too late', async () => {
  await using relay = await startRelay();
  const code = 'c'.repeat(64);
  // A CR counts: all 257 bytes are the line.
  const line = `${code}:sender:key=${'k'.repeat(64)}`.padEnd(255, ':');
  expect(await relay.ask(`${line}\r\n`)).toBe('Invalid handshake: the line is longer than 256 bytes.\n');
  expect(await relay.ask(`${line}\n`)).toBe('Invalid handshake: unknown option.\n');
  expect(await relay.ask(Buffer.alloc(200_000, 'x'))).toBe(
    'Invalid handshake: the line is longer than 256 bytes.\n',
  );
  await relay.untilEmpty();
});

it('max_length_line: code, key and token of 64 characters, and every option', async () => {
  await using relay = await startRelay();
  const code = 'Code-_.0'.repeat(8);
  const key = 'kEY.-_9z'.repeat(8);
  const token = 'TOKen-_.'.repeat(8);
  const line = `${code}:sender:retry:status:raw:receivers=16:key=${key}:token=${token}\r\n`;
  expect(line.length).toBeLessThanOrEqual(256);
  const sender = await relay.connect(line);
  await sender.untilText('WAITING 600\n');
  const receiver = await relay.connect(`${code}:receiver:retry:status:raw:wait:key=${key}\r\n`);
  await receiver.untilText('WAITING 600\n');
  for (const client of [sender, receiver]) {
    client.end();
    await client.untilClosed();
  }
  await relay.untilEmpty();
});

it('max_length_line: 256 bytes with the LF are read whole, and judged by what they say', async () => {
  await using relay = await startRelay();
  const line = `abc:sender:key=${'k'.repeat(64)}:`.padEnd(255, 'o');
  expect(await relay.ask(`${line}\n`)).toBe('Invalid handshake: unknown option.\n');
  expect(await relay.ask(`${'c'.repeat(65)}:sender\n`)).toBe(
    'Invalid handshake: a code is 1 to 64 letters, digits, hyphens, underscores and dots.\n',
  );
  await relay.untilEmpty();
});

it('second_handshake_line: it is payload', async () => {
  await using relay = await startRelay();
  const sender = await relay.connect('twice:sender\ntwice:receiver\nother:sender\n');
  await relay.untilRooms({ waiting: 1 });
  expect(await received(relay, sender, 'twice')).toBe('twice:receiver\nother:sender\nDISCONNECT\n');
  expect(relay.records.every((record) => record.role !== undefined)).toBe(true);
  await relay.untilEmpty();
});

it('the clients of the original tool are understood', async () => {
  await using relay = await startRelay();
  for (const [sends, receives] of [
    ['old:sender', 'old:receiver'],
    ['old-retry:sender:retry', 'old-retry:receiver:retry'],
  ]) {
    const sender = await relay.connect(`${sends}\n`);
    await relay.untilRooms({ waiting: 1 });
    const receiver = await relay.connect(`${receives}\n`);
    await relay.untilRooms({ paired: 1 });
    sender.end('file');
    expect(await receiver.finish()).toBe('fileDISCONNECT\n');
    expect(await sender.untilEnd()).toBe('DISCONNECT\n');
    await relay.untilRooms({ paired: 0 });
  }
  await expectWell(relay);
});
