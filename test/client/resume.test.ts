import { randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TransferEvent } from '../../src/transfer/events.js';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import type { Toxic } from '../helpers/toxics.js';
import { plant, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const MIB = 1024 * 1024;
const CODE = '7301-olive-basic';

/** However fast the machine is, what is sent over such a line is cut before all of it has arrived. */
const IN_THE_MIDDLE: Toxic = { kind: 'limit_data', bytes: 6 * MIB, by: 'reset' };

/** The first event behind which `bytes` are over. */
const past = (events: readonly TransferEvent[], bytes: number) =>
  events.some((event) => event.event === 'progress' && event.bytes >= bytes);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.concurrent('a line that is cut', () => {
  it.each(['sender', 'receiver'])('at the %s comes back by itself, again and again', async (side) => {
    await using relay = await startRelay();
    await using proxy = await startProxy(relay.port);
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, {
      'd/big': randomBytes(20 * MIB),
      'd/small': 'small',
      'd/z/last': randomBytes(MIB),
    });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'd')] };
    const sending = startSending(side === 'sender' ? proxy.port : relay.port, { source, code: CODE });
    await sending.until('waiting');
    const mend = proxy.add(IN_THE_MIDDLE);
    const receiving = startReceiving(side === 'receiver' ? proxy.port : relay.port, CODE, to.path);
    await until(() => proxy.count() >= 4 || receiving.events.some(({ event }) => event === 'done'));
    mend();
    await Promise.all([sending.done, receiving.done]);
    expect(await tree(to.path)).toEqual(await tree(from.path));
    expect(sending.events.filter(({ event }) => event === 'cut').length).toBeGreaterThan(0);
    expect([...sending.events, ...receiving.events].map(({ event }) => event)).not.toContain('restarted');
    // What arrived is not sent again: three cuts cost at most what was on its way.
    expect(proxy.count()).toBeLessThanOrEqual(6);
    await relay.untilRooms({ waiting: 0, paired: 0 });
  });

  it('is told to both, with the time of the next try', async () => {
    await using relay = await startRelay();
    await using proxy = await startProxy(relay.port);
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { big: randomBytes(30 * MIB) });
    const sending = startSending(proxy.port, {
      source: { kind: 'paths', paths: [join(from.path, 'big')] },
      code: CODE,
    });
    await sending.until('waiting');
    const mend = proxy.add(IN_THE_MIDDLE, 'up');
    const receiving = startReceiving(relay.port, CODE, to.path);
    for (const side of [sending, receiving]) {
      const { why, retryInMs } = await side.until('cut');
      expect(why).toMatch(/^[A-Z].*\.$/);
      expect(why).not.toContain('ECONN');
      expect(retryInMs).toBeGreaterThan(0);
    }
    mend();
    await Promise.all([sending.done, receiving.done]);
    expect(await tree(to.path)).toEqual(await tree(from.path));
  });

  it('is told with its number where there are several receivers', async () => {
    await using relay = await startRelay();
    await using proxy = await startProxy(relay.port);
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { big: randomBytes(30 * MIB) });
    await plant(to.path, { '1/': '', '2/': '' });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'big')] };
    const sending = startSending(proxy.port, { source, code: CODE, receivers: 2 });
    await sending.until('code');
    const receivers = ['1', '2'].map((name) => startReceiving(relay.port, CODE, join(to.path, name)));
    // Each has a line of its own.
    const mend = proxy.add(IN_THE_MIDDLE, 'up');
    const cut = (): Set<number> =>
      new Set(sending.events.flatMap((event) => (event.event === 'cut' ? [event.peer] : [])));
    await until(() => cut().size === 2);
    mend();
    await Promise.all([sending, ...receivers].map(({ done }) => done));
    expect(cut()).toEqual(new Set([1, 2]));
    for (const { events } of receivers) {
      const names = events.map(({ event }) => event);
      // Before, it may have come to a room that was just full.
      expect(names.slice(names.indexOf('offer'))).toContain('cut');
      expect(names.at(-1)).toBe('done');
    }
  });

  it('gives up in the end, and keeps what arrived', async () => {
    await using relay = await startRelay();
    await using proxy = await startProxy(relay.port);
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { big: randomBytes(30 * MIB) });
    const source = { kind: 'paths' as const, paths: [join(from.path, 'big')] };
    const sending = startSending(proxy.port, { source, code: CODE, giveUpAfterMs: 700 });
    await sending.until('waiting');
    proxy.target = 1;
    proxy.add(IN_THE_MIDDLE, 'up');
    const receiving = startReceiving(relay.port, CODE, to.path, { giveUpAfterMs: 60_000 });
    await expect(sending.done).rejects.toMatchObject({ code: 'gave-up' });
    expect(await readdir(to.path)).not.toContain('big');
    const again = startSending(relay.port, { source, code: CODE });
    await Promise.all([again.done, receiving.done]);
    expect((await again.until('progress')).bytes).toBeGreaterThan(MIB);
    expect(await tree(to.path)).toEqual(await tree(from.path));
  });
});

describe.concurrent('a relay that restarts', () => {
  it('is found again, and the transfer goes on', async () => {
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { big: randomBytes(30 * MIB) });
    const first = await startRelay();
    await using second = await startRelay();
    await using proxy = await startProxy(first.port);
    const source = { kind: 'paths' as const, paths: [join(from.path, 'big')] };
    const sending = startSending(proxy.port, { source, code: CODE });
    await sending.until('waiting');
    const receiving = startReceiving(proxy.port, CODE, to.path);
    await until(() => past(receiving.events, MIB));
    proxy.target = second.port;
    await first[Symbol.asyncDispose]();
    await Promise.all([sending.done, receiving.done]);
    expect(await tree(to.path)).toEqual(await tree(from.path));
  });
});

describe.concurrent('a sender that nobody has joined yet', () => {
  it.each([
    ['restarts', 400],
    ['loses the line', 400],
    ['is away for a while', 60_000],
  ] as const)('is there again where the relay %s', async (what, giveUpAfterMs) => {
    await using to = await scratch();
    await using first = await startRelay();
    await using second = await startRelay();
    await using proxy = await startProxy(first.port);
    const source = { kind: 'text' as const, text: 'waited for' };
    const sending = startSending(proxy.port, { source, code: CODE, giveUpAfterMs });
    await sending.until('waiting');
    // It has waited for longer than it tries to come back.
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.target = what === 'is away for a while' ? 1 : second.port;
    if (what === 'restarts') await first[Symbol.asyncDispose]();
    else proxy.cut();
    if (what === 'is away for a while') await until(() => proxy.count() > 2);
    proxy.target = second.port;
    await second.untilRooms({ waiting: 1 });
    const receiving = startReceiving(second.port, CODE, to.path);
    await Promise.all([sending.done, receiving.done]);
    expect(sending.events.filter(({ event }) => event === 'code')).toHaveLength(1);
  });
});

describe.concurrent('a receiver that stops, and runs again', () => {
  it('goes on where it was', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { 'd/a': 'first', 'd/big': randomBytes(40 * MIB) });
    const sending = startSending(relay.port, {
      source: { kind: 'paths', paths: [join(from.path, 'd')] },
      code: CODE,
    });
    await sending.until('waiting');
    const stopped = startReceiving(relay.port, CODE, to.path);
    await until(() => past(stopped.events, 5 * MIB));
    stopped.abort();
    await expect(stopped.done).rejects.toThrow('Stopped.');
    await expect(sending.done).rejects.toMatchObject({ code: 'stopped' });
    const again = startSending(relay.port, {
      source: { kind: 'paths', paths: [join(from.path, 'd')] },
      code: CODE,
    });
    const receiving = startReceiving(relay.port, CODE, to.path, { agree: () => Promise.resolve(true) });
    await Promise.all([again.done, receiving.done]);
    expect((await receiving.until('resumed')).bytes).toBeGreaterThanOrEqual(5 * MIB);
    expect(await tree(to.path)).toEqual(await tree(from.path));
  });

  it('starts afresh where the source is another, and says so', async () => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    await plant(from.path, { big: randomBytes(40 * MIB) });
    const path = join(from.path, 'big');
    const when = new Date(1_700_000_000_000);
    await utimes(path, when, when);
    const sending = startSending(relay.port, { source: { kind: 'paths', paths: [path] }, code: CODE });
    await sending.until('waiting');
    const stopped = startReceiving(relay.port, CODE, to.path);
    await until(() => past(stopped.events, 5 * MIB));
    stopped.abort();
    await Promise.allSettled([stopped.done, sending.done]);
    // Same size, same time, other bytes: only the digest tells.
    await writeFile(path, randomBytes(40 * MIB));
    await utimes(path, when, when);
    const again = startSending(relay.port, { source: { kind: 'paths', paths: [path] }, code: CODE });
    const receiving = startReceiving(relay.port, CODE, to.path);
    await Promise.all([again.done, receiving.done]);
    expect((await again.until('restarted')).why).toMatch(/\.$/);
    await receiving.until('restarted');
    // It does not say that it goes on, and then that it does not.
    expect(receiving.events.map(({ event }) => event)).not.toContain('resumed');
    expect(await tree(to.path)).toEqual(await tree(from.path));
  });
});
