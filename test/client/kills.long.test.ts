import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { finals } from '../helpers/hostile.js';
import { RelayProcess } from '../helpers/process.js';
import { Tool } from '../helpers/tools.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

/** Kills of each; `KILLS=10` for a short run, `KILLS_SEED` to have one again. */
const KILLS = Number(process.env['KILLS'] ?? 100);
const SEED = Number(process.env['KILLS_SEED'] ?? randomInt(2 ** 31));
const TIME_MS = 590_000;
const BIG_BYTES = 60_000_000;
const SMALL_FILES = 200;
/** In one transfer, and the longest time between two of them. */
const KILLS_A_TRANSFER = 5;
const MAX_PAUSE_MS = 600;
/** Whatever cannot be mended is an error by then. */
const GIVE_UP_AFTER = '20s';

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NO_LIMITS = ['rate-limit-ip', 'rate-limit-code', 'lockout-attempts', 'lockout-source-attempts'];
const startRelay = (port = 0): Promise<RelayProcess> =>
  RelayProcess.start(['--port', String(port), ...NO_LIMITS.flatMap((flag) => [`--${flag}`, '0'])]);

type Victim = 'sender' | 'receiver' | 'relay';

/** One transfer in which one of the three is killed again and again. How it ended, and how many kills there were. */
async function transfer(victim: Victim, from: string, wanted: readonly string[], random: () => number) {
  await using to = await scratch();
  let relay = await startRelay();
  const port = relay.port;
  const code = `73${String(Math.floor(random() * 1e6)).padStart(6, '0')}-olive-basic`;
  const env = { RELAY_CODE: code, RELAY_ADDRESS: `127.0.0.1:${port}` };
  const args = ['--json', '--give-up-after', GIVE_UP_AFTER];
  const send = (): Tool => new Tool('relay-send', [...args, join(from, 'd')], { env });
  const receive = (): Tool => new Tool('relay-receive', [...args, '--yes', '-o', `${to.path}/`], { env });
  const first = send();
  await first.code();
  const tools = { sender: first, receiver: receive() };
  try {
    // Before that, a relay that cannot be reached is an error: the address may be wrong.
    await tools.receiver.until(/"event":"(connected)"/);
    let kills = 0;
    while (kills < KILLS_A_TRANSFER && tools.receiver.child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, random() * MAX_PAUSE_MS));
      if (victim === 'relay') {
        relay.kill('SIGKILL');
        await relay.exited();
        relay = await startRelay(port);
      } else {
        const tool = tools[victim];
        if (tool.child.exitCode !== null) break;
        tool.kill('SIGKILL');
        await tool.exited();
        tools[victim] = victim === 'sender' ? send() : receive();
      }
      kills += 1;
    }
    const receiver = tools.receiver;
    // A receiver that is started again after everything was told finds nobody; a sender waits for whoever comes.
    // It would wait for as long as the relay holds the room.
    void tools.sender.exited().then(() => setTimeout(() => receiver.kill('SIGINT'), 5_000).unref());
    const received = await receiver.exited();
    if (received !== 0) tools.sender.kill('SIGINT');
    else setTimeout(() => tools.sender.kill('SIGINT'), 3_000).unref();
    const sent = await tools.sender.exited();
    const arrived = await finals(to.path);
    const source = await finals(from);
    for (const [path, bytes] of arrived)
      expect(bytes.equals(source.get(path)!), `${code} ${path}`).toBe(true);
    const isWhole = arrived.size === source.size;
    if (received === 0 || sent === 0)
      expect(isWhole, `${code}: ${tools.sender.stderr}${receiver.stderr}`).toBe(true);
    if (received === 0) expect(await tree(to.path)).toEqual(wanted);
    for (const [tool, exit] of [
      [tools.sender, sent],
      [receiver, received],
    ] as const) {
      const said = `${code}: ${exit ?? tool.child.signalCode} (sender ${sent}, receiver ${received})\n${tools.sender.stderr}\n${receiver.stderr}`;
      if (exit !== 0)
        expect(
          tool.events.filter(({ event }) => event === 'error'),
          said,
        ).toHaveLength(1);
    }
    const why = receiver.events.find(({ event }) => event === 'error');
    return { kills, isWhole, received, sent, why: JSON.stringify(why) };
  } finally {
    for (const each of [tools.sender, tools.receiver, relay]) await each[Symbol.asyncDispose]();
  }
}

it.each(['sender', 'receiver', 'relay'] as const)(
  `survives ${KILLS} kills of the %s, or says in a sentence why not`,
  async (victim) => {
    const startedAt = performance.now();
    const random = randomFrom(SEED);
    console.log(`KILLS_SEED=${SEED} KILLS=${KILLS} of the ${victim}`);
    await using from = await scratch();
    const small = Array.from({ length: SMALL_FILES }, (_, n) => [
      `d/small/${n % 7}/${n}`,
      randomBytes(n * 100),
    ]);
    await plant(from.path, {
      'd/big': randomBytes(BIG_BYTES),
      ...(Object.fromEntries(small) as Record<string, Buffer>),
    });
    const wanted = await tree(from.path);
    const ends = { transfers: 0, kills: 0, whole: 0 };
    const reasons: string[] = [];
    while (ends.kills < KILLS && performance.now() - startedAt < TIME_MS / 3) {
      const end = await transfer(victim, from.path, wanted, random);
      ends.transfers += 1;
      ends.kills += end.kills;
      if (end.isWhole) ends.whole += 1;
      else reasons.push(`${end.received} ${end.sent} ${end.why}`);
    }
    console.log(victim, JSON.stringify(ends), reasons.join('\n'));
    expect(ends.kills).toBeGreaterThanOrEqual(Math.min(KILLS, 10));
    expect(ends.whole).toBeGreaterThan(ends.transfers / 2);
  },
  TIME_MS,
);
