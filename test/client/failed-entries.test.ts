import { randomBytes } from 'node:crypto';
import { appendFile, chmod, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TransferEvent } from '../../src/transfer/events.js';
import { FROM_THE_BEGINNING } from '../../src/transfer/sending/send-entries.js';
import {
  bareMessage,
  bytesMessage,
  jsonMessage,
  parseFailed,
  parseStop,
  TransferMessage,
} from '../../src/transfer/transfer-messages.js';
import { HOSTILE_CODE, joinAs } from '../helpers/hostile.js';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { plant, type Running, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const MIB = 1024 * 1024;
const CODE = '7305-olive-basic';

const doneOf = (side: Running) => {
  const { failed, files, bytes } = side.events.find(({ event }) => event === 'done') as Extract<
    TransferEvent,
    { event: 'done' }
  >;
  return { failed, files, bytes };
};

async function bothFail(sending: Running, receiving: Running): Promise<void> {
  await expect(receiving.done).rejects.toMatchObject({ code: 'source', message: /did not come/ });
  await expect(sending.done).rejects.toMatchObject({ code: 'source', message: /could not be sent/ });
}

const pathsIn = async (root: string) => (await tree(root)).map((line) => line.split(' ')[0]);

describe.concurrent('a file that changes or cannot be read ends itself and not the transfer', () => {
  it('the rest arrives, both sides name it, and what was not there at the offer is not sent', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, {
      'd/a': 'a',
      'd/changed': 'before',
      'd/e/gone': 'x',
      'd/large': randomBytes(2 * MIB),
      'd/z': 'z',
    });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'd')] };
    const sending = startSending(relay.port, { source });
    const { code } = await sending.until('code');
    await appendFile(join(from.path, 'd/changed'), ', and after');
    await rm(join(from.path, 'd/e/gone'));
    await rm(join(from.path, 'd/large'));
    await writeFile(join(from.path, 'd/new'), 'new');
    const receiving = startReceiving(relay.port, code, to.path);
    await bothFail(sending, receiving);
    const named = [
      { path: 'd/changed', why: 'changed' },
      { path: 'd/e/gone', why: 'gone' },
      { path: 'd/large', why: 'gone' },
    ];
    const done = { failed: { count: 3, files: 3, named }, files: 2, bytes: 2 };
    expect([doneOf(sending), doneOf(receiving)]).toEqual([done, done]);
    const staging = (path: string | undefined) => path?.startsWith('/.relay-receive-') === true;
    const landed = (await pathsIn(to.path)).filter((path) => !staging(path));
    expect(landed).toEqual(['/d', '/d/a', '/d/e', '/d/z']);
  });

  it('also where bytes of it are over already: none of it has its name, and other bytes come behind it', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await plant(from.path, { 'd/large': randomBytes(64 * MIB), 'd/z': 'z' });
    const large = join(from.path, 'd/large');
    const source = { kind: 'paths' as const, paths: [join(from.path, 'd')] };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE });
    await sending.until('waiting');
    const session = await joinAs('receiver', relay.port);
    await session.receive();
    const takes = ['failed'];
    await session.send(
      jsonMessage(TransferMessage.answer, { answer: 'accept', resume: FROM_THE_BEGINNING, takes }),
    );
    const types: number[] = [];
    let failed;
    for (;;) {
      const message = (await session.receive())!;
      // It is stalled far before its end: nobody has read the rest.
      if (message.type === TransferMessage.data && types.length === 2) await utimes(large, 5, 5);
      types.push(message.type);
      if (message.type === TransferMessage.failed) failed = parseFailed(message.payload);
      if (message.type === TransferMessage.complete) break;
    }
    const { entry, data, fileEnd, failed: fails, complete } = TransferMessage;
    expect(failed).toMatchObject({ why: 'changed', entry: { path: 'd/large', size: 64 * MIB } });
    expect(types.filter((type) => type !== data)).toEqual([entry, entry, fails, entry, fileEnd, complete]);
    await session.send(bytesMessage(TransferMessage.received, 1), bareMessage(TransferMessage.verified));
    await expect(sending.done).rejects.toMatchObject({ code: 'source' });
    expect(doneOf(sending)).toMatchObject({ files: 1, bytes: 1 });
    session.abandon();
  });

  it('when it can be sent, running both again gets it, and no other is asked about', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { 'd/a': 'a', 'd/b': 'b', 'd/c': randomBytes(MIB), 'd/z': 'z', y: 'y' });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'd'), join(from.path, 'y')] };
    for (const name of ['d/b', 'y']) {
      const sending = startSending(relay.port, { source, code: CODE });
      await sending.until('code');
      await rename(join(from.path, name), join(from.path, 'away'));
      const receiving = startReceiving(relay.port, CODE, to.path);
      await bothFail(sending, receiving);
      await rename(join(from.path, 'away'), join(from.path, name));
      expect(doneOf(receiving)).toMatchObject({ failed: { count: 1, named: [{ path: name, why: 'gone' }] } });
    }
    const sending = startSending(relay.port, { source, code: CODE });
    await sending.until('code');
    const receiving = startReceiving(relay.port, CODE, to.path);
    await Promise.all([sending.done, receiving.done]);
    expect(await tree(to.path)).toEqual(await tree(from.path));
    expect(receiving.events.map(({ event }) => event)).not.toContain('restarted');
  });

  it('over a line that is cut, it is told once', async () => {
    await using relay = await startRelay();
    await using proxy = await startProxy(relay.port);
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { 'd/a': 'a', 'd/b': randomBytes(20 * MIB), 'd/z': 'z' });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'd')] };
    const sending = startSending(proxy.port, { source, code: CODE });
    await sending.until('waiting');
    await rm(join(from.path, 'd/a'));
    const mend = proxy.add({ kind: 'limit_data', bytes: 6 * MIB, by: 'reset' }, 'up');
    const receiving = startReceiving(relay.port, CODE, to.path);
    await sending.until('cut');
    mend();
    await bothFail(sending, receiving);
    const failed = { count: 1, files: 1, named: [{ path: 'd/a', why: 'gone' }] };
    const done = { failed, files: 2, bytes: 20 * MIB + 1 };
    expect([doneOf(sending), doneOf(receiving)]).toEqual([done, done]);
  });

  it('where it is the only one, it is the end of the transfer, as ever', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { one: 'before' });
    const sending = startSending(relay.port, { source: { kind: 'paths', paths: [join(from.path, 'one')] } });
    const { code } = await sending.until('code');
    await writeFile(join(from.path, 'one'), 'changed');
    const receiving = startReceiving(relay.port, code, to.path);
    await expect(sending.done).rejects.toThrow(/one" changed while it was being sent/);
    await expect(receiving.done).rejects.toMatchObject({ code: 'source' });
    expect(await readdir(to.path)).toEqual([]);
  });

  it('a receiver of an earlier version is told that it is the end', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await plant(from.path, { 'd/a': 'a', 'd/b': 'b' });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'd')] };
    const sending = startSending(relay.port, { source, code: HOSTILE_CODE });
    await sending.until('waiting');
    await rm(join(from.path, 'd/a'));
    const session = await joinAs('receiver', relay.port);
    await session.receive();
    await session.send(jsonMessage(TransferMessage.answer, { answer: 'accept', resume: FROM_THE_BEGINNING }));
    let stop;
    for (let said = await session.receive(); said !== undefined; said = await session.receive())
      if (said.type === TransferMessage.stop) stop = parseStop(said.payload);
    expect(stop).toBe('source');
    await session.end();
    await expect(sending.done).rejects.toThrow(/a" is gone/);
  });

  it('a directory that cannot be listed is named before the code, and does not arrive', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may list every directory');
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { 'd/a': 'a', 'd/closed/x': 'x', 'd/f': 'f' });
    const modes = [join(from.path, 'd/closed'), join(from.path, 'd/f')];
    for (const path of modes) await chmod(path, 0);
    const sending = startSending(relay.port, { source: { kind: 'paths', paths: [join(from.path, 'd')] } });
    const { code } = await sending.until('code');
    expect(sending.events[0]).toEqual({ event: 'unreadable', count: 2, paths: ['d/closed', 'd/f'] });
    const receiving = startReceiving(relay.port, code, to.path);
    await bothFail(sending, receiving);
    for (const path of modes) await chmod(path, 0o700);
    expect(doneOf(receiving)).toMatchObject({ files: 1, failed: { count: 2, files: 1 } });
    await expect(stat(join(to.path, 'd/closed'))).rejects.toThrow('ENOENT');
  });
});
