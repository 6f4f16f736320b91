import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { OwnProcess } from '../helpers/own-process.js';
import { RelayProcess } from '../helpers/process.js';
import { eventually } from '../helpers/eventually.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

vi.setConfig({ testTimeout: 60_000 });

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

/** Loaded into the sender: when it is told to, it opens all the files that it may, lets them go, and again. */
const GREEDY = `
const { closeSync, openSync } = require('node:fs');
const held = [];
const turn = () => {
  if (held.length > 0) while (held.length > 0) closeSync(held.pop());
  else try { for (;;) held.push(openSync('/dev/null')); } catch {}
  setTimeout(turn, 5).unref();
};
process.once('SIGUSR2', turn);
`;

it.skipIf(process.platform === 'win32')('EMFILE with many small files: all of them arrive', async () => {
  await using relay = await RelayProcess.start();
  await using from = await scratch();
  await using to = await scratch();
  const files = Array.from({ length: 2_000 }, (_, n) => [`d/${n % 50}/${n}`, `${n}`.repeat(10)]);
  await plant(from.path, Object.fromEntries(files) as Record<string, string>);
  await writeFile(`${from.path}/greedy.cjs`, GREEDY);
  const tool = (files_: number, line: string, more = {}): OwnProcess =>
    new OwnProcess(['sh', '-c', `ulimit -n ${files_}; exec ${process.execPath} ${BIN}relay-${line}`], {
      env: {
        ...process.env,
        RELAY_ADDRESS: `127.0.0.1:${relay.port}`,
        RELAY_CODE: '7402-olive-basic',
        ...more,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  await using sender = tool(64, `send.js ${from.path}/d`, {
    NODE_OPTIONS: `--require ${from.path}/greedy.cjs`,
  });
  await eventually(() => expect(sender.stderr).toMatch(/^Code: /m));
  sender.kill('SIGUSR2');
  await using receiver = tool(64, `receive.js --yes --output ${to.path}/`);
  expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
  expect(await tree(`${to.path}/d`)).toEqual(await tree(`${from.path}/d`));
});
