import { expect } from 'vitest';
import type { TestRelay } from '../../helpers/relay.js';

type Life = (relay: TestRelay, code: string, localAddress: string) => Promise<void>;

/** How rooms live and end. Each waits until its own clients have heard all they are due. */
const LIVES: readonly Life[] = [
  async function endsInOrder(relay, code, localAddress) {
    const sender = await relay.connect(`${code}:sender:status\n`, { localAddress });
    await sender.untilText('WAITING');
    const receiver = await relay.connect(`${code}:receiver\nreply`, { localAddress });
    await sender.untilText('reply');
    sender.end(code);
    expect(await receiver.finish()).toBe(`${code}DISCONNECT\n`);
    await sender.untilClosed();
  },
  async function receiverFirst(relay, code, localAddress) {
    const receiver = await relay.connect(`${code}:receiver:wait:status:key=k\n`, { localAddress });
    await receiver.untilText('WAITING');
    const sender = await relay.connect(`${code}:sender:key=k\n`, { localAddress });
    sender.end(code);
    expect(await receiver.finish()).toMatch(`PAIRED\n${code}DISCONNECT closed\n`);
    await sender.untilClosed();
  },
  async function leavesWaiting(relay, code, localAddress) {
    const sender = await relay.connect(`${code}:sender:status\nearly`, { localAddress });
    await sender.untilText('WAITING');
    sender.end();
    await sender.untilClosed();
  },
  async function isLost(relay, code, localAddress) {
    const sender = await relay.connect(`${code}:sender:status\nearly`, { localAddress });
    await sender.untilText('WAITING');
    const receiver = await relay.connect(`${code}:receiver:status\n`, { localAddress });
    await receiver.untilText('early');
    sender.reset();
    expect(await receiver.finish()).toMatch(/DISCONNECT lost\n$/);
  },
  async function isHeld(relay, code, localAddress) {
    const sender = await relay.connect(`${code}:sender:retry:status\n`, { localAddress });
    await sender.untilText('WAITING');
    const receiver = await relay.connect(`${code}:receiver:retry:status\n`, { localAddress });
    await receiver.untilText('PAIRED');
    receiver.reset();
    await sender.finish();
  },
  async function isRefused(relay, code, localAddress) {
    const sender = await relay.connect(`${code}:sender:status\n`, { localAddress });
    await sender.untilText('WAITING');
    const second = await relay.connect(`${code}:sender\n`, { localAddress });
    expect(await second.finish()).toBe('Code already in use.\n');
    sender.reset();
  },
];

/** Lets many rooms live and end, some at a time, from addresses that do not run out of ports. */
export async function churn(relay: TestRelay, rooms: number, atOnce: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < rooms) {
      const n = (next += 1);
      const life = LIVES[n % LIVES.length]!;
      await life(relay, `churn-${n}`, `127.0.${1 + (n % 100)}.1`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
