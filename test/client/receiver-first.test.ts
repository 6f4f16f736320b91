import { expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { startRelay } from '../helpers/relay.js';
import { plant, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const CODE = '7311-olive-basic';

it('a receiver that waits is there before its sender, and over rooms that expire', async () => {
  await using relay = await startRelay({ abandonAfterMs: 100, cleanupIntervalMs: 20 });
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { file: 'content' });
  const receiver = startReceiving(relay.port, CODE, to.path, { wait: true });
  await receiver.until('waiting');
  // A second room: the first has expired.
  await eventually(() => {
    expect(receiver.events.filter(({ event }) => event === 'waiting').length).toBeGreaterThan(1);
  });
  const source = { kind: 'paths', paths: [`${from.path}/file`] } as const;
  await Promise.all([startSending(relay.port, { source, code: CODE }).done, receiver.done]);
  expect(await tree(to.path)).toEqual(await tree(from.path));
  expect(receiver.events.map(({ event }) => event)).not.toContain('cut');
});

it('one that waits gives up after the time that it was given', async () => {
  await using relay = await startRelay({ abandonAfterMs: 100, cleanupIntervalMs: 20 });
  await using to = await scratch();
  const receiver = startReceiving(relay.port, CODE, to.path, { wait: true, giveUpAfterMs: 1_000 });
  await expect(receiver.done).rejects.toMatchObject({
    code: 'nobody-there',
    message: expect.stringMatching(/^No sender came in 1 s\. Ask the sender/) as string,
  });
  for (const event of receiver.events) expect(event).toEqual({ event: 'waiting', secondsLeft: 1 });
});

it('one that does not wait is told that it could', async () => {
  await using relay = await startRelay();
  await using to = await scratch();
  await expect(startReceiving(relay.port, CODE, to.path).done).rejects.toThrow(
    /or come first and wait with --wait/,
  );
});
