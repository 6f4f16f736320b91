import { expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { feed, feedUntilStalled, noise, noiseHash, sha256, Sink } from '../../helpers/flow.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';

const MIB = 1024 * 1024;
const NOTICE = 'DISCONNECT\n';
/** Those who take something must come to it within this, on a machine with much else to do too. */
const STALL_MS = 3_000;

/** A sender and its receivers, paired. */
async function fanOut(relay: TestRelay, count: number, payload: number) {
  const receivers: Sink[] = [];
  for (let each = 0; each < count; each += 1) {
    receivers.push(await Sink.connect(relay.port, { line: 'fan:receiver:wait\n', payload }));
  }
  const sender = await relay.connect(`fan:sender:receivers=${count}\n`);
  await relay.untilRooms({ paired: 1 });
  return { sender, receivers };
}

function endingsOf(relay: TestRelay): string[] {
  return relay.records.map(({ role, ending }) => `${role} ${ending}`).sort();
}

it.concurrent('fan-out: each of 16 receivers gets every byte, then the notice', async () => {
  await using relay = await startRelay();
  const size = 2 * MIB;
  const { sender, receivers } = await fanOut(relay, 16, size);
  await feed(sender.socket, size);
  sender.end();
  await Promise.all(receivers.map((receiver) => receiver.untilEnd()));
  expect(new Set(receivers.map((receiver) => receiver.digest()))).toEqual(new Set([noiseHash(size)]));
  expect(receivers.map(({ rest }) => rest)).toEqual(Array(16).fill(NOTICE));
  for (const { socket } of receivers) socket.end();
  expect(await sender.untilEnd()).toBe(NOTICE);
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual([...(Array(16).fill('receiver closed') as string[]), 'sender closed']);
  expect(relay.records.map(({ bytesIn, bytesOut }) => bytesIn + bytesOut)).toEqual(Array(17).fill(size));
});

it.concurrent('fan-out: what came before the pairing goes to each of them', async () => {
  await using relay = await startRelay();
  const early = noise(40_000);
  const sender = await relay.connect(Buffer.concat([Buffer.from('early:sender:receivers=2\n'), early]));
  await relay.untilRooms({ waiting: 1 });
  const receivers = [await relay.connect('early:receiver\n'), await relay.connect('early:receiver\n')];
  sender.end(early);
  for (const receiver of receivers) {
    await receiver.untilEnd();
    expect(sha256(receiver.bytes)).toBe(sha256(early, early, Buffer.from(NOTICE)));
    receiver.end();
  }
  await relay.untilEmpty();
});

it.concurrent('fan-out: one killed, and the others get every byte', async () => {
  await using relay = await startRelay();
  const size = 24 * MIB;
  const { sender, receivers } = await fanOut(relay, 3, size);
  const [killed, ...others] = receivers;
  const fed = feed(sender.socket, size);
  await killed!.untilCount(MIB);
  killed!.socket.resetAndDestroy();
  await fed;
  expect(sender.text).toBe('');
  sender.end();
  await Promise.all(others.map((receiver) => receiver.untilEnd()));
  for (const other of others) {
    expect([other.digest(), other.rest]).toEqual([noiseHash(size), NOTICE]);
    other.socket.end();
  }
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual(['receiver closed', 'receiver closed', 'receiver lost', 'sender closed']);
});

it.concurrent('fan-out: one frozen, which is dropped after the stall time and the others go on', async () => {
  await using relay = await startRelay({ stallTimeoutMs: STALL_MS });
  const size = 24 * MIB;
  const { sender, receivers } = await fanOut(relay, 3, size);
  const [frozen, ...others] = receivers;
  frozen!.socket.pause();
  const startedAt = performance.now();
  await feed(sender.socket, size);
  sender.end();
  await Promise.all(others.map((receiver) => receiver.untilEnd()));
  expect(performance.now() - startedAt).toBeGreaterThan(STALL_MS);
  for (const other of others) {
    expect([other.digest(), other.rest]).toEqual([noiseHash(size), NOTICE]);
    other.socket.end();
  }
  // A reset, so that half a file does not look like a whole one.
  frozen!.socket.resume();
  const failed = await eventually(() => {
    expect(frozen!.ended || frozen!.socket.destroyed).toBe(true);
    // Node shows a reset behind data as an end: an empty write tells the two apart.
    return frozen!.error ?? new Promise((resolve) => frozen!.socket.write('', resolve));
  });
  expect(failed).toMatchObject({ code: 'ECONNRESET' });
  expect(frozen!.count).toBeLessThan(size);
  expect(frozen!.rest).toBe('');
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual(['receiver closed', 'receiver closed', 'receiver idle', 'sender closed']);
});

it.concurrent('fan-out: one slow, and all go at its pace', async () => {
  await using relay = await startRelay({ stallTimeoutMs: 60_000 });
  const { sender, receivers } = await fanOut(relay, 2, 16 * MIB);
  const [slow, fast] = receivers;
  slow!.socket.pause();
  // So far the fast one got all that the slow one's buffers hold, and no more.
  const fed = feed(sender.socket, 16 * MIB);
  await fast!.untilCount(2 * MIB);
  const stop = slow!.readSlowly(400_000);
  await slow!.untilCount(1.2 * MIB);
  expect(fast!.count).toBeLessThan(12 * MIB);
  expect(relay.records).toEqual([]);
  stop();
  slow!.socket.resume();
  await fed;
  sender.end();
  await Promise.all([slow!.untilEnd(), fast!.untilEnd()]);
  expect([slow!.digest(), fast!.digest()]).toEqual([noiseHash(16 * MIB), noiseHash(16 * MIB)]);
  slow!.socket.end();
  fast!.socket.end();
  await relay.untilEmpty();
});

it.concurrent('fan-out: what receivers write is read and thrown away', async () => {
  await using relay = await startRelay();
  const { sender, receivers } = await fanOut(relay, 2, 5);
  await Promise.all(receivers.map(({ socket }, index) => feed(socket, 16 * MIB, index)));
  sender.write('still');
  await Promise.all(receivers.map((receiver) => receiver.untilCount(5)));
  for (const { socket } of receivers) socket.end();
  // Its end tells that both have closed, and nothing else came.
  expect(await sender.untilEnd()).toBe(NOTICE);
  sender.end(' here');
  await Promise.all(receivers.map((receiver) => receiver.untilEnd()));
  expect(receivers.map(({ rest }) => rest)).toEqual([` here${NOTICE}`, ` here${NOTICE}`]);
  await relay.untilEmpty();
});

it.concurrent('fan-out: the sender is told when all of them are gone', async () => {
  await using relay = await startRelay();
  const { sender, receivers } = await fanOut(relay, 2, Infinity);
  receivers[0]!.socket.resetAndDestroy();
  await eventually(() => expect(relay.records).toHaveLength(1));
  sender.write('on');
  await receivers[1]!.untilCount(2);
  expect([sender.text, sender.ended]).toEqual(['', false]);
  receivers[1]!.socket.resetAndDestroy();
  expect(await sender.untilEnd()).toBe(NOTICE);
  sender.end();
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual(['receiver lost', 'receiver lost', 'sender lost']);
});

it.concurrent('fan-out: a sender that is lost, and what it had sent goes to each of them', async () => {
  await using relay = await startRelay();
  const { sender, receivers } = await fanOut(relay, 3, 100_000);
  await new Promise((resolve) => sender.socket.write(noise(100_000), resolve));
  sender.reset();
  await Promise.all(receivers.map((receiver) => receiver.untilEnd()));
  for (const receiver of receivers) {
    expect([receiver.digest(), receiver.rest]).toEqual([noiseHash(100_000), NOTICE]);
    receiver.socket.end();
  }
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual([...(Array(3).fill('receiver lost') as string[]), 'sender lost']);
});

it.concurrent('fan-out: nobody moves for the idle time, and everyone is told', async () => {
  await using relay = await startRelay({ idleTimeoutMs: 500 });
  const { sender, receivers } = await fanOut(relay, 2, 0);
  await Promise.all(receivers.map((receiver) => receiver.untilEnd()));
  expect([await sender.untilEnd(), ...receivers.map(({ rest }) => rest)]).toEqual([NOTICE, NOTICE, NOTICE]);
  sender.end();
  for (const { socket } of receivers) socket.end();
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual(['receiver idle', 'receiver idle', 'sender idle']);
});

it.concurrent('fan-out: all of them frozen, and the sender is told', async () => {
  await using relay = await startRelay({ stallTimeoutMs: 500 });
  const { sender, receivers } = await fanOut(relay, 2, Infinity);
  for (const { socket } of receivers) socket.pause();
  await feedUntilStalled(sender.socket);
  expect(await sender.untilEnd()).toBe(NOTICE);
  sender.reset();
  await relay.untilEmpty();
  expect(endingsOf(relay)).toEqual(['receiver idle', 'receiver idle', 'sender lost']);
});
