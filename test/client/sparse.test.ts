import { randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  TransferMessage,
  jsonMessage,
  parseZeros,
  bytesMessage,
  parseBytes,
} from '../../src/transfer/transfer-messages.js';
import { FROM_THE_BEGINNING } from '../../src/transfer/sending/send-entries.js';
import { HOSTILE_CODE, joinAs } from '../helpers/hostile.js';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { Collected, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const MIB = 1024 * 1024;
const CODE = '7304-olive-basic';

/** 4 MiB, a hole of 12, 4 MiB, and a hole of 12. */
async function sparseFile(path: string): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(32 * MIB);
  for (const at of [0, 16]) await file.write(randomBytes(4 * MIB), 0, 4 * MIB, at * MIB);
  await file.close();
}

const storedBytes = async (path: string): Promise<number> => (await stat(path)).blocks * 512;

describe.concurrent('sparse files stay sparse', () => {
  it('over a line that is cut, too: the bytes are the same, and zeros do not travel', async () => {
    await using relay = await startRelay();
    await using proxy = await startProxy(relay.port);
    await using from = await scratch();
    await using to = await scratch();
    const path = join(from.path, 'disk.img');
    await sparseFile(path);
    const sending = startSending(proxy.port, { source: { kind: 'paths', paths: [path] }, code: CODE });
    await sending.until('waiting');
    // The second line carries the rest: were the zeros on it, it would be cut as well.
    const mend = proxy.add({ kind: 'limit_data', bytes: 6 * MIB, by: 'reset' }, 'up');
    const receiving = startReceiving(relay.port, CODE, to.path);
    await sending.until('cut');
    await Promise.all([sending.done, receiving.done]);
    mend();
    expect(await tree(to.path)).toEqual(await tree(from.path));
    expect(await storedBytes(join(to.path, 'disk.img'))).toBeLessThan(9 * MIB);
    expect(sending.events.filter(({ event }) => event === 'cut')).toHaveLength(1);
    expect(sending.events.map(({ event }) => event)).not.toContain('restarted');
    expect(receiving.events.at(-1)).toMatchObject({ event: 'done', bytes: 32 * MIB });
  });

  it('to standard output, which has no holes: every zero is written', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    const path = join(from.path, 'disk.img');
    await sparseFile(path);
    const sending = startSending(relay.port, { source: { kind: 'paths', paths: [path] } });
    const stdout = new Collected();
    const { code } = await sending.until('code');
    await Promise.all([sending.done, startReceiving(relay.port, code, '/', { output: '-', stdout }).done]);
    const sent = await open(path);
    expect(stdout.bytes.equals(await sent.readFile())).toBe(true);
    await sent.close();
  });

  it.each([
    ['that does not say that it takes them, every zero is sent', undefined],
    ['that takes what nobody knows, too', ['fire', 7]],
    ['that takes them, they are counted', ['zeros']],
  ])('to a receiver %s', async (_what, takes) => {
    await using relay = await startRelay();
    await using from = await scratch();
    const path = join(from.path, 'disk.img');
    await sparseFile(path);
    const joining = startSending(relay.port, {
      source: { kind: 'paths', paths: [path] },
      code: HOSTILE_CODE,
    });
    await joining.until('waiting');
    const session = await joinAs('receiver', relay.port);
    await session.receive();
    await session.send(
      jsonMessage(TransferMessage.answer, { answer: 'accept', resume: FROM_THE_BEGINNING, takes }),
    );
    let [data, zeros, total] = [0, 0, 0];
    for (let message = await session.receive(); message?.type !== TransferMessage.complete;) {
      if (message?.type === TransferMessage.data) data += message.payload.length;
      if (message?.type === TransferMessage.zeros) zeros += parseZeros(message.payload);
      if (message?.type === TransferMessage.fileEnd) total = parseBytes(message.payload);
      message = await session.receive();
    }
    const expected = takes?.includes('zeros') === true ? [8 * MIB, 24 * MIB] : [32 * MIB, 0];
    expect([data, zeros, total]).toEqual([...expected, 32 * MIB]);
    await session.send(bytesMessage(TransferMessage.received, total));
    await session.send({ type: TransferMessage.verified, payload: Buffer.alloc(0) });
    await joining.done;
    session.abandon();
  });
});
