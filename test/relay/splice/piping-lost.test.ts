import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { feed, feedUntilStalled, noise, sha256 } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';

const KIB = 1024;

it.concurrent('dst_rst_mid_stream: the sender is told, with minutes of idle time left', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('rst', ':status');
  const fed = feed(sender.socket, 512 * KIB * KIB).catch(() => 'failed');
  await receiver.untilBytes(KIB * KIB);
  receiver.reset();
  await sender.untilText('DISCONNECT lost\n');
  expect(await sender.untilEnd()).toMatch(/^(WAITING \d+\n)?PAIRED\nDISCONNECT lost\n$/);
  sender.reset();
  await fed;
  await relay.untilEmpty();
  expect(relay.records.map(({ role, ending }) => [role, ending])).toEqual(
    expect.arrayContaining([
      ['receiver', 'lost'],
      ['sender', 'lost'],
    ]),
  );
});

it.concurrent('dst_rst_mid_stream: a receiver that has stopped reading too', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('rst', ':status');
  receiver.socket.pause();
  await feedUntilStalled(sender.socket);
  receiver.reset();
  await sender.untilText('DISCONNECT lost\n');
  sender.reset();
  await relay.untilEmpty();
});

it.concurrent('dst_rst_mid_stream: the sender that is reset, while the receiver writes', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('rst', '', ':status');
  const fed = feed(receiver.socket, 512 * KIB * KIB).catch(() => 'failed');
  await sender.untilBytes(KIB * KIB);
  sender.reset();
  await receiver.untilText('DISCONNECT lost\n');
  receiver.reset();
  await fed;
  await relay.untilEmpty();
});

describe.concurrent('a reset right behind data is lost, not closed, and all of the data arrives', () => {
  // Not more than the relay's kernel takes at first: a reset throws away what the sender's kernel still holds.
  it.each([0, 1, 4 * KIB, 64 * KIB, 100_000, 120_000])('%i bytes', async (size) => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('reset', '', ':status');
    await receiver.untilText('PAIRED\n');
    const payload = noise(size);
    await new Promise((resolve) => sender.socket.write(payload, resolve));
    sender.reset();
    await receiver.untilEnd();
    expect(sha256(receiver.bytes)).toBe(
      sha256(Buffer.from('PAIRED\n'), payload, Buffer.from('DISCONNECT lost\n')),
    );
    receiver.end();
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['lost', 'lost']);
  });

  it('while something is on its way to the one that is reset', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('reset', '', ':status');
    await receiver.untilText('PAIRED\n');
    sender.socket.pause();
    await feedUntilStalled(receiver.socket);
    const payload = noise(1000);
    await new Promise((resolve) => sender.socket.write(payload, resolve));
    // What the relay has read goes out. What is in the system still when a write to that side fails may be lost with it.
    const hasRead = () =>
      [...relay.relay.list()].flatMap(({ members }) => members.map(({ bytesIn }) => bytesIn));
    await eventually(() => expect(hasRead()[0]).toBe(payload.length));
    sender.reset();
    await receiver.untilEnd();
    expect(receiver.text.slice(-30)).toMatch(/DISCONNECT lost\n$/);
    expect(receiver.bytes.subarray(7, 1007)).toEqual(payload);
    receiver.reset();
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending)).toEqual(['lost', 'lost']);
  });

  it('before anybody has joined', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('early:sender\nsome');
    await relay.untilRooms({ waiting: 1 });
    await new Promise((resolve) => sender.socket.write('thing', resolve));
    sender.reset();
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([{ role: 'sender', ending: 'lost', bytesIn: 9 }]);
  });
});

it.concurrent('what the relay holds of a side that is lost goes out before the notice', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('held', '', ':status');
  await receiver.untilText('PAIRED\n');
  receiver.socket.pause();
  const left = await feedUntilStalled(sender.socket);
  sender.reset();
  // A reset throws away what the kernel of the sender still held: what the relay has read is what counts.
  receiver.socket.resume();
  await receiver.until(({ ended }) => ended);
  receiver.end();
  await relay.untilEmpty();
  const [sent, got] = ['sender', 'receiver'].map((role) =>
    relay.records.find((record) => record.role === role),
  );
  expect(receiver.bytes.subarray(-16).toString()).toBe('DISCONNECT lost\n');
  expect(receiver.bytes.length).toBe(7 + sent!.bytesIn + 16);
  expect(got!.bytesOut).toBe(sent!.bytesIn);
  expect(sent!.bytesIn).toBeGreaterThan(left / 4);
  expect([sent!.ending, got!.ending]).toEqual(['lost', 'lost']);
});

it.concurrent('what nobody has taken yet when the reset comes goes out too', async () => {
  const step = 32 * KIB;
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('full', '', ':status');
  await receiver.untilText('PAIRED\n');
  receiver.socket.pause();
  const passed = () => {
    const [room] = relay.relay.list();
    const of = (role: string) => room?.members.find((member) => member.role === role);
    return { read: of('sender')?.bytesIn ?? 0, written: of('receiver')?.bytesOut ?? 0 };
  };
  const payload = noise(64 * KIB * KIB);
  let sent = 0;
  // Until the receiver takes so little that the relay keeps what it reads, and has room for more.
  for (let kept = 0; kept === 0; kept = passed().read - passed().written) {
    await new Promise((resolve) => sender.socket.write(payload.subarray(sent, sent + step), resolve));
    sent += step;
    await eventually(() => expect(passed().read).toBe(sent));
    await new Promise((resolve) => setImmediate(resolve));
  }
  sender.reset();
  await relay.untilRooms({ paired: 0 });
  receiver.socket.resume();
  await receiver.until(({ ended }) => ended);
  expect(receiver.bytes.subarray(7 + sent).toString()).toBe('DISCONNECT lost\n');
  expect(receiver.bytes.subarray(7, 7 + sent).equals(payload.subarray(0, sent))).toBe(true);
});
