import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/transfer/channel/session.js';
import type { TransferEvent } from '../../src/transfer/events.js';
import { join } from '../../src/transfer/meeting/join.js';
import { receive } from '../../src/transfer/receiving/receive.js';
import { send } from '../../src/transfer/sending/send.js';
import { TIMING } from '../../src/transfer/timing.js';
import { memoryPlace, memoryRelay, memorySource } from './memory.js';
import { PLATFORMS } from './platforms.js';

const CODE = { nameplate: '7302', password: 'olive-basic' };
const code = '7302-olive-basic';
const timing = { ...TIMING, waitsMs: [1, 5], doorAfterMs: { sender: 10, receiver: 10 } };
const common = { giveUpAfterMs: 20_000, signal: new AbortController().signal };

describe.each(PLATFORMS)('with nothing but memory, and the platform of %s', (_name, platform) => {
  it.each([1, 3])('a file comes to %i receivers whole, through a cut', async (receivers) => {
    const context = { relay: memoryRelay(), platform, timing };
    const file = randomBytes(6_000_000);
    const open = () => Promise.resolve(memorySource(file));
    let mayCome = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (mayCome = resolve));
    const sending = send({ ...common, code, open, receivers }, context, ({ event }) => {
      if (event === 'code') mayCome();
    });
    await isOpen;
    const receiving = Array.from({ length: receivers }, async () => {
      const place = memoryPlace();
      const events: TransferEvent['event'][] = [];
      let isCut = false;
      await receive({ ...common, code, place, agree: () => Promise.resolve(true) }, context, ({ event }) => {
        events.push(event);
        if (event !== 'progress' || isCut) return;
        isCut = true;
        for (const line of context.relay.lines) line.abandon();
      });
      expect(Buffer.compare(place.bytes(), file)).toBe(0);
      return events;
    });
    for (const events of await Promise.all(receiving)) {
      expect(events).toContain('cut');
      expect(events.at(-1)).toBe('done');
    }
    await sending;
  });

  it('the line of a sender that knows the code and breaks the rules is dropped', async () => {
    const context = { relay: memoryRelay(), platform, timing };
    const receiving = receive(
      { ...common, code, place: memoryPlace(), agree: () => Promise.resolve(true), wait: true },
      context,
      () => undefined,
    );
    const request = { code: CODE.nameplate, role: 'sender', retry: true } as const;
    const line = await join(context, { request });
    await Session.asSender(line, CODE, context);
    await line.write([Buffer.from([0, 0, 0, 20]), randomBytes(20)]);
    await expect(receiving).rejects.toMatchObject({ code: 'authentication' });
    expect(context.relay.lines.map(({ isOver }) => isOver)).toContain(true);
  });
});
