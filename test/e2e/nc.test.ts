import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { noise, sha256 } from '../helpers/flow.js';
import { RelayProcess } from '../helpers/process.js';

/** OpenBSD's nc, whose -N sends FIN at the end of its input; the others have other flags. */
const hasNc = /OpenBSD/i.test(spawnSync('nc', ['-h'], { encoding: 'utf8' }).stderr);
if (!hasNc) console.warn("left out: transfers with nc; OpenBSD's nc is not installed");

const run = promisify(execFile);

describe.skipIf(!hasNc).concurrent('nc', async () => {
  const folder = hasNc ? await mkdtemp(join(tmpdir(), 'relay-nc-')) : '';
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs a line of shell as the README has them, with the values as $1, $2... */
  const sh = (script: string, ...values: (string | number)[]) =>
    run('sh', ['-c', script, 'sh', ...values.map(String)]);
  const SEND = `(printf "$1:sender\\n"; cat "$2") | nc -N 127.0.0.1 "$3"`;

  async function file(name: string, size: number) {
    const [input, output] = [join(folder, `${name}.in`), join(folder, `${name}.out`)];
    const payload = noise(size);
    await writeFile(input, payload);
    return { input, output, hash: sha256(payload) };
  }

  const untilWaiting = (relay: RelayProcess): Promise<void> =>
    eventually(async () => {
      const status = await fetch(`http://127.0.0.1:${relay.adminPort}/status`);
      expect(await status.json()).toMatchObject({ rooms: { waiting: 1 } });
    });

  it('a file goes through from the sender, who is first', async () => {
    await using relay = await RelayProcess.start(['--admin-port', '0']);
    const { input, output, hash } = await file('first', 20_000_000);
    const sent = sh(SEND, 'first', input, relay.port);
    await untilWaiting(relay);
    const received = sh(`printf 'first:receiver:raw\\n' | nc 127.0.0.1 "$1" > "$2"`, relay.port, output);
    await Promise.all([sent, received]);
    expect(sha256(await readFile(output))).toBe(hash);
  });

  it('a file that is sent whole before the receiver is there', async () => {
    await using relay = await RelayProcess.start(['--admin-port', '0']);
    const { input, output, hash } = await file('small', 30_000);
    const sent = sh(SEND, 'small', input, relay.port);
    await untilWaiting(relay);
    const received = sh(`printf 'small:receiver:raw\\n' | nc -N 127.0.0.1 "$1" > "$2"`, relay.port, output);
    await Promise.all([sent, received]);
    expect(sha256(await readFile(output))).toBe(hash);
  });

  it('a receiver that is first and waits', async () => {
    await using relay = await RelayProcess.start(['--admin-port', '0']);
    const { input, output, hash } = await file('wait', 20_000_000);
    const received = sh(`printf 'wait:receiver:raw:wait\\n' | nc 127.0.0.1 "$1" > "$2"`, relay.port, output);
    await untilWaiting(relay);
    await Promise.all([sh(SEND, 'wait', input, relay.port), received]);
    expect(sha256(await readFile(output))).toBe(hash);
    const ended = await relay.untilEnded(2);
    expect(ended).toMatchObject([{ ending: 'closed' }, { ending: 'closed' }]);
  });
});
