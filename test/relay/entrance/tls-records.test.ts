import { afterEach, describe, expect, it, vi } from 'vitest';
import { RecordRation } from '../../../src/relay/entrance/record-ration.js';
import { SILENT_BYTES, SMALL_A_TURN } from '../../../src/relay/entrance/record-watch.js';
import { Inlet } from '../../../src/relay/wire/inlet.js';
import type { Client } from '../../helpers/client.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';
import { CERTIFICATE } from '../../helpers/tls.js';
import { dialRecords } from '../../helpers/tls-records.js';

const TLS = { tls: CERTIFICATE };

afterEach(() => void vi.restoreAllMocks());

/** A sender that writes its own records, paired with a plain receiver. */
async function pair(
  relay: TestRelay,
): Promise<Awaited<ReturnType<typeof dialRecords>> & { readonly receiver: Client }> {
  const receiver = await relay.connect('abc:receiver:wait:status\n');
  await receiver.untilText('WAITING');
  const sender = await dialRecords(relay.port);
  sender.tcp.write(sender.records.stream('abc:sender:raw\n'));
  await receiver.untilText('PAIRED\n');
  return { ...sender, receiver };
}

/** So many bytes that are all different from their neighbours. */
const payload = (count: number): string => Array.from({ length: count }, (_, n) => String(n % 10)).join('');

const inRecords = (records: { stream(text: string): Buffer }, text: string): Buffer =>
  Buffer.concat(Array.from(text, (byte) => records.stream(byte)));

describe('TLS records of one byte', () => {
  it('have a bounded share of the loop, go on together, and arrive whole', async () => {
    const rest = vi.spyOn(RecordRation.prototype, 'rest');
    const push = vi.spyOn(Inlet.prototype, 'push');
    await using relay = await startRelay(TLS);
    const { tcp, records, receiver } = await pair(relay);
    const sent = payload(5000);
    tcp.write(inRecords(records, sent));
    tcp.end();
    expect(await receiver.untilEnd()).toMatch(new RegExp(`PAIRED\n${sent}DISCONNECT lost\n$`));
    // All but what came alone is paid for.
    const paid = rest.mock.calls.reduce((sum, [count]) => sum + count, 0);
    expect(paid).toBeGreaterThan(3000);
    expect(push.mock.calls.length).toBeLessThan(sent.length / 10);
    receiver.end();
    await relay.untilEmpty();
  });

  it('cost no more while the client waits, or has not sent its line', async () => {
    const rest = vi.spyOn(RecordRation.prototype, 'rest');
    await using relay = await startRelay(TLS);
    const waiting = await dialRecords(relay.port);
    waiting.tcp.write(waiting.records.stream('abc:sender\n'));
    await relay.untilRooms({ waiting: 1 });
    waiting.tcp.write(inRecords(waiting.records, payload(2000)));
    await expect.poll(() => rest.mock.calls.length).toBeGreaterThan(0);
    const lineless = await dialRecords(relay.port);
    const before = rest.mock.calls.length;
    // The line is too long, and what follows is thrown away.
    lineless.tcp.write(inRecords(lineless.records, payload(2000)));
    await expect.poll(() => rest.mock.calls.length).toBeGreaterThan(before);
    for (const { tcp } of [waiting, lineless]) tcp.destroy();
    await relay.untilEmpty();
  });

  it('are a person at a keyboard where they are few: nothing waits', async () => {
    const rest = vi.spyOn(RecordRation.prototype, 'rest');
    await using relay = await startRelay(TLS);
    const { tcp, records, receiver } = await pair(relay);
    for (let n = 0; n < 3; n += 1) {
      tcp.write(inRecords(records, payload(SMALL_A_TURN - 1)));
      await receiver.untilText(payload(SMALL_A_TURN - 1).repeat(n + 1));
    }
    expect(rest).not.toHaveBeenCalled();
    tcp.destroy();
    receiver.end();
    await relay.untilEmpty();
  });

  it('do not hide how the stream ends: by the end of TLS, it is closed', async () => {
    await using relay = await startRelay(TLS);
    const receiver = await relay.connect('abc:receiver:wait:status\n');
    await receiver.untilText('WAITING');
    const { tcp, records } = await dialRecords(relay.port);
    tcp.write(records.stream('abc:sender:raw\n'));
    await receiver.untilText('PAIRED\n');
    const sent = payload(500);
    tcp.write(Buffer.concat([inRecords(records, sent), records.closeNotify()]));
    expect(await receiver.untilEnd()).toMatch(new RegExp(`PAIRED\n${sent}DISCONNECT closed\n$`));
    receiver.end();
    tcp.end();
    await relay.untilEmpty();
  });
});

describe('TLS records that carry nothing', () => {
  it.each(['paired', 'waiting', 'without its line'])(
    'KeyUpdate again and again ends one that is %s',
    async (state) => {
      await using relay = await startRelay(TLS);
      const paired = state === 'paired' ? await pair(relay) : undefined;
      const { tcp, records } = paired ?? (await dialRecords(relay.port));
      if (state === 'waiting') {
        tcp.write(records.stream('abc:sender\n'));
        await relay.untilRooms({ waiting: 1 });
      }
      // As long as the relay takes it.
      let written = 0;
      const flood = (): void => {
        if (tcp.destroyed) return;
        const updates = Buffer.concat(Array.from({ length: 200 }, () => records.keyUpdate()));
        written += updates.length;
        tcp.write(updates, () => setImmediate(flood));
      };
      flood();
      await expect.poll(() => relay.open(), { timeout: 10_000 }).toBe(paired === undefined ? 0 : 1);
      expect(written).toBeGreaterThan(SILENT_BYTES);
      if (paired !== undefined) expect(await paired.receiver.finish()).toMatch(/DISCONNECT lost\n$/);
      tcp.destroy();
      await relay.untilEmpty();
      expect(relay.records[0]?.ending).toBe('lost');
    },
  );

  it('a few of KeyUpdate, and records with much padding, are taken', async () => {
    await using relay = await startRelay(TLS);
    const { tcp, records, receiver } = await pair(relay);
    let sent = '';
    for (let n = 0; n < 30; n += 1) {
      tcp.write(Buffer.concat([records.keyUpdate(), records.stream(String(n), 16_000)]));
      sent += String(n);
    }
    await receiver.untilText(sent);
    tcp.destroy();
    receiver.end();
    await relay.untilEmpty();
  });

  it('empty ones again and again end the connection', async () => {
    await using relay = await startRelay(TLS);
    const { tcp, records, receiver } = await pair(relay);
    tcp.write(Buffer.concat(Array.from({ length: 100 }, () => records.stream(''))));
    expect(await receiver.finish()).toMatch(/DISCONNECT lost\n$/);
    tcp.destroy();
    await relay.untilEmpty();
  });
});
