import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { startRelay } from '../helpers/relay.js';
import { Collected, plant, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

it('sends one file by a code that it draws', async () => {
  await using relay = await startRelay();
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { 'photo.jpg': randomBytes(3_000_000) });
  const sending = startSending(relay.port, {
    source: { kind: 'paths', paths: [join(from.path, 'photo.jpg')] },
  });
  const { code } = await sending.until('code');
  expect(code).toMatch(/^\d{6}-[a-z]+-[a-z]+$/);
  const receiving = startReceiving(relay.port, code, to.path);
  await Promise.all([sending.done, receiving.done]);
  expect(await tree(to.path)).toEqual(await tree(from.path));
  expect(sending.events.at(-1)).toMatchObject({ event: 'done', files: 1, bytes: 3_000_000 });
  expect(receiving.events.at(-1)).toMatchObject({
    event: 'done',
    files: 1,
    bytes: 3_000_000,
    names: ['photo.jpg'],
  });
});

it('sends directories: nested, empty, executable', async () => {
  await using relay = await startRelay();
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, {
    'a/b/c.txt': 'c',
    'a/empty/': '',
    'a/run.sh': '#!/bin/sh\n',
    'a/zero': '',
    'one.txt': 'one',
  });
  await chmod(join(from.path, 'a/run.sh'), 0o755);
  const paths = [join(from.path, 'a'), join(from.path, 'one.txt')];
  const sending = startSending(relay.port, { source: { kind: 'paths', paths } });
  const { code } = await sending.until('code');
  const receiving = startReceiving(relay.port, code.toUpperCase().replaceAll('-', ' '), to.path);
  await Promise.all([sending.done, receiving.done]);
  expect(await tree(to.path)).toEqual(await tree(from.path));
});

it('sends text to standard output, and a stream to a file or standard output', async () => {
  await using relay = await startRelay();
  await using to = await scratch();
  const text = startSending(relay.port, { source: { kind: 'text', text: 'grüße' } });
  const stdout = new Collected();
  const reading = startReceiving(relay.port, (await text.until('code')).code, to.path, { stdout });
  await Promise.all([text.done, reading.done]);
  expect(stdout.bytes.toString()).toBe('grüße');

  const bytes = randomBytes(2_000_000);
  for (const output of ['-', undefined]) {
    const piped = new Collected();
    const stream = startSending(relay.port, {
      source: {
        kind: 'stream',
        name: 'dump.bin',
        stream: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]),
      },
    });
    const taking = startReceiving(relay.port, (await stream.until('code')).code, to.path, {
      stdout: piped,
      output,
    });
    await Promise.all([stream.done, taking.done]);
    if (output === '-') expect(piped.bytes.equals(bytes)).toBe(true);
  }
  await plant(to.path, { 'expected/dump.bin': bytes });
  const [landed] = (await tree(to.path)).filter((line) => line.startsWith('/dump.bin'));
  const [expected] = (await tree(to.path)).filter((line) => line.startsWith('/expected/dump.bin'));
  expect(landed).toBe(expected?.replace('/expected', ''));
});

it('a wrong word costs a try, and after three the sender gives the code up', async () => {
  await using relay = await startRelay();
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { secret: 'x' });
  const sending = startSending(relay.port, { source: { kind: 'paths', paths: [join(from.path, 'secret')] } });
  const { code } = await sending.until('code');
  const [digits] = code.split('-');
  for (let guess = 1; guess <= 3; guess += 1) {
    const guessing = startReceiving(relay.port, `${digits}-wrong-word`, to.path);
    await expect(guessing.done).rejects.toMatchObject({ code: 'wrong-code' });
    expect(guessing.events.map(({ event }) => event)).not.toContain('offer');
  }
  await expect(sending.done).rejects.toMatchObject({ code: 'wrong-code' });
  expect(sending.events.filter(({ event }) => event === 'wrong-code')).toMatchObject([
    { triesLeft: 2 },
    { triesLeft: 1 },
    { triesLeft: 0 },
  ]);
  expect(await tree(to.path)).toEqual([]);
});

it.each(['missing/x.txt', 'missing/', 'file/x.txt'])(
  'a place that is none, %s, is said before the relay is asked, and costs the code nothing',
  async (output) => {
    await using relay = await startRelay();
    await using to = await scratch();
    await plant(to.path, { file: '' });
    const sending = startSending(relay.port, {
      source: { kind: 'stream', name: 's', stream: Readable.from(['x']) },
    });
    const { code } = await sending.until('code');
    const misplaced = startReceiving(relay.port, code, to.path, { output });
    await expect(misplaced.done).rejects.toMatchObject({ code: 'destination' });
    await expect(misplaced.done).rejects.toThrow(/^".*" is not a directory\. Create it first, or .*\.$/);
    expect(misplaced.events).toEqual([]);
    await Promise.all([sending.done, startReceiving(relay.port, code, to.path).done]);
    expect(sending.events.map(({ event }) => event)).not.toContain('wrong-code');
  },
);

it('sends to three receivers, each over keys of its own; one that fails does not hurt the others', async () => {
  await using relay = await startRelay();
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { 'd/big': randomBytes(3_000_000), 'd/small': 'small' });
  await plant(to.path, { '1/': '', '2/': '', '3/': '' });
  const sending = startSending(relay.port, {
    source: { kind: 'paths', paths: [join(from.path, 'd')] },
    receivers: 3,
  });
  const { code } = await sending.until('code');
  const receivers = ['1', '2', '3'].map((name) =>
    startReceiving(relay.port, code, join(to.path, name), { agree: () => Promise.resolve(name !== '2') }),
  );
  const ends = await Promise.allSettled(receivers.map(({ done }) => done));
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expect(sending.done).rejects.toThrow('1 of 3 receivers did not get everything.');
  for (const name of ['1', '3']) expect(await tree(join(to.path, name))).toEqual(await tree(from.path));
  expect(await tree(join(to.path, '2'))).toEqual([]);
  const done = sending.events.filter((event) => event.event === 'done');
  expect(new Set(done.map(({ peer }) => peer)).size).toBe(2);
});
