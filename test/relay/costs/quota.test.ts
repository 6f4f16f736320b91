import { expect, it } from 'vitest';
import { DailyCounts } from '../../../src/quotas/daily-counts.js';
import { noise } from '../../helpers/flow.js';
import { startRelay } from '../../helpers/relay.js';

const QUOTA = 100_000;
const REFUSAL = 'Daily quota used up. It starts afresh at 00:00 UTC.\n';

it('used up in a transfer, both are told, the room is not held, and the sender is refused', async () => {
  const clock = { ms: Date.UTC(2026, 10, 21, 12) };
  const dailyCounts = new DailyCounts({ wallNow: () => clock.ms });
  await using relay = await startRelay({ dailyQuotaBytes: QUOTA, dailyCounts });
  const { sender, receiver } = await relay.pair('first', ':status:retry', ':status:retry');
  const payload = noise(2 * QUOTA);
  sender.write(payload);
  await receiver.untilEnd();
  expect(receiver.text).toBe(`PAIRED\n${payload.subarray(0, QUOTA).toString('latin1')}DISCONNECT quota\n`);
  await sender.untilText('DISCONNECT quota\n');
  sender.end();
  receiver.end();
  await relay.untilEmpty();
  expect(relay.records.map(({ ending }) => ending)).toEqual(['quota', 'quota']);

  expect(await relay.ask('again:sender\n')).toBe(REFUSAL);
  expect(await relay.ask('again:sender:status\n')).toBe(`ERROR quota-exceeded ${REFUSAL}`);
  expect(relay.records.at(-1)).toMatchObject({ ending: 'quota-exceeded', admitted: false });

  // It is the sender's: another address may send to a receiver at this one.
  const other = await relay.connect('other:sender\nfrom another', { localAddress: '127.0.0.2' });
  await relay.untilRooms({ waiting: 1 });
  const here = await relay.connect('other:receiver\n');
  await here.untilText('from another');
  other.end();
  here.end();
  await here.untilEnd();

  clock.ms += 12 * 3_600_000;
  const next = await relay.connect('tomorrow:sender:status\n');
  await next.untilText('WAITING');
});

it('is shared by all rooms of a sender, and never exceeded', async () => {
  await using relay = await startRelay({ dailyQuotaBytes: QUOTA });
  const pairs = [await relay.pair('one'), await relay.pair('two'), await relay.pair('three')];
  for (const { sender, receiver } of pairs) {
    sender.write(noise(QUOTA));
    // What a receiver writes back is charged to the sender, too.
    receiver.write(noise(QUOTA));
  }
  const texts = await Promise.all(
    pairs.flatMap(({ sender, receiver }) => [receiver.untilEnd(), sender.untilEnd()]),
  );
  const passed = texts.reduce((sum, text) => sum + text.length - 'DISCONNECT\n'.length, 0);
  expect(passed).toBe(QUOTA);
});

it('goes by the name of a sender that has one, wherever it comes from', async () => {
  const authorize = (token: string): string | undefined =>
    token.startsWith('t-') ? token.slice(2) : undefined;
  await using relay = await startRelay({ dailyQuotaBytes: 1000, authorize });
  const ana = await relay.connect('a:sender:token=t-ana\n');
  await relay.untilRooms({ waiting: 1 });
  const receiver = await relay.connect('a:receiver\n');
  ana.write(noise(2000));
  await receiver.untilEnd();
  expect(await relay.ask('b:sender:token=t-ana\n', { localAddress: '127.0.0.3' })).toBe(REFUSAL);
  const ben = await relay.connect('b:sender:token=t-ben:status\n');
  await ben.untilText('WAITING');
});

it('a sender that waits when another of its rooms uses up the rest gets nothing through', async () => {
  await using relay = await startRelay({ dailyQuotaBytes: 1000 });
  const waiting = await relay.connect('later:sender\nearly');
  await relay.untilRooms({ waiting: 1 });
  const busy = await relay.connect('now:sender\n');
  await relay.untilRooms({ waiting: 2 });
  const first = await relay.connect('now:receiver\n');
  busy.write(noise(1000));
  await first.untilBytes(1000);
  const second = await relay.connect('later:receiver:status\n');
  expect(await second.untilEnd()).toBe('PAIRED\nDISCONNECT quota\n');
  expect(await waiting.untilEnd()).toBe('DISCONNECT\n');
});
