import { expect, it } from 'vitest';
import { inspectPort } from '../../../../src/cli/server/inspect/port.js';
import { listening } from '../../../helpers/listening.js';
import { startRelay } from '../../../helpers/relay.js';

it('says that a port is free, and that any may be taken', async () => {
  const far = await listening(() => undefined);
  await far[Symbol.asyncDispose]();
  expect(await inspectPort('127.0.0.1', far.port)).toEqual({
    level: 'ok',
    about: 'port',
    text: `${far.port} is free.`,
  });
  expect(await inspectPort('127.0.0.1', 0)).toMatchObject({ level: 'ok', text: 'any is free.' });
});

it('knows a relay that listens there already, at its own address', async () => {
  await using relay = await startRelay({ host: '127.0.0.2' });
  expect(await inspectPort('127.0.0.2', relay.port)).toMatchObject({
    level: 'ok',
    text: `a relay listens on ${relay.port} already.`,
  });
});

it.each([
  ['hangs up', 'end'],
  ['resets', 'resetAndDestroy'],
] as const)('warns of a program that is no relay: it %s', async (_what, does) => {
  await using far = await listening((socket) => void socket[does]());
  expect(await inspectPort('127.0.0.1', far.port)).toMatchObject({
    level: 'warn',
    text: expect.stringMatching(/^\d+ is in use by what does not answer as a plain relay does\./) as string,
  });
});

it('fails where there is no such address', async () => {
  expect(await inspectPort('192.0.2.1', 0)).toMatchObject({
    level: 'fail',
    text: expect.stringContaining('192.0.2.1') as string,
  });
});
