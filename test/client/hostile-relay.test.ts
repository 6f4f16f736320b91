import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dial } from '../helpers/dial.js';
import { endOf } from '../helpers/hostile.js';
import { listening } from '../helpers/listening.js';
import { startRelay } from '../helpers/relay.js';
import { plant, type Running, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

/** Both tools against it, stopped where one of them would wait for the other for ever. */
async function both(port: number, until: (sides: readonly Running[]) => Promise<unknown>, code?: string) {
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { file: randomBytes(1000) });
  const source = { kind: 'paths' as const, paths: [join(from.path, 'file')] };
  const options = { giveUpAfterMs: 600, timing: { waitsMs: [1] } };
  const sides = [
    startSending(port, { source, ...options, ...(code !== undefined && { code }) }),
    startReceiving(port, '7304-olive-basic', to.path, options),
  ];
  await until(sides);
  for (const { abort } of sides) abort();
  expect(await tree(to.path)).toEqual([]);
  const ends = await Promise.all(sides.map(endOf));
  for (const { done, events } of sides) {
    await expect(done).rejects.toThrow(/^\w[^\n]*[.?]$/);
    expect(events.map(({ event }) => event)).not.toContain('done');
  }
  return ends;
}

const settled = (sides: readonly Running[]) => Promise.allSettled(sides.map(({ done }) => done));

describe.concurrent('what is no relay', () => {
  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['an error that relays do not know', 'ERROR no-such-token \u001b[2JSorry.\n'],
    ['bytes without a line', 'x'.repeat(100_000)],
    ['an endless number', `WAITING ${'9'.repeat(600)}`],
  ])('and says %s is left at once', async (_what, said) => {
    await using server = await listening((socket) => socket.write(said));
    expect(await both(server.port, settled)).toEqual(['relay', 'relay']);
  });

  it('and closes at once, or resets, is left at once', async () => {
    await using closing = await listening((socket) => socket.end());
    await using resetting = await listening((socket) => socket.resetAndDestroy());
    expect(await both(closing.port, settled)).toEqual(['relay', 'relay']);
    expect(await both(resetting.port, settled)).toEqual(['relay', 'relay']);
  });

  it('and says nothing can be stopped, and is given up in time', async () => {
    let calls = 0;
    await using server = await listening(() => (calls += 1));
    const ends = await both(server.port, async () => {
      while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    expect(ends).toEqual(['Stopped.', 'Stopped.']);
    const request = { code: '7304', role: 'sender' } as const;
    const dialing = dial({ host: '127.0.0.1', port: server.port, request, silenceMs: 50 });
    await expect(dialing).rejects.toThrow(/^The relay at 127\.0\.0\.1:\d+ does not answer\.$/);
  });

  it('and says PAIRED and then nothing that is a frame is left in the end', async () => {
    await using server = await listening((socket) => socket.write('PAIRED\nGET / HTTP/1.1\n'));
    const code = '7304-olive-basic';
    expect(await both(server.port, settled, code)).toEqual(['in-the-way', 'in-the-way']);
  });

  it('and says PAIRED at once, whatever code is drawn, is left in the end', async () => {
    let lines = '';
    await using server = await listening((socket) => {
      socket.once('data', (line: Buffer) => (lines += line.toString('latin1')));
      socket.write('PAIRED\nGET / HTTP/1.1\n');
    });
    expect(await both(server.port, settled)).toEqual(['in-the-way', 'in-the-way']);
    expect(new Set(lines.match(/\d{6}:sender/g)).size).toBe(20);
  });

  it('and gives each its own words back is no peer, and left in the end', async () => {
    await using server = await listening((socket) => {
      socket.write('PAIRED\n');
      socket.once('data', (line: Buffer) => {
        socket.write(line.subarray(line.indexOf('\n') + 1));
        socket.on('data', (bytes: Buffer) => socket.write(bytes));
      });
    });
    const code = '7304-olive-basic';
    const untilSent = ([sender]: readonly Running[]) => Promise.allSettled([sender!.done]);
    // The receiver speaks second: it waits for a hello that nobody says.
    expect(await both(server.port, untilSent, code)).toEqual(['in-the-way', 'Stopped.']);
  });
});

/** Two transfers through a relay that pairs them as it says; who is who stands in the first line. */
async function crossed(wire: (sockets: Record<string, Socket>) => void) {
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { a: randomBytes(2_000_000), b: randomBytes(2_000_000) });
  await plant(to.path, { 'a/': '', 'b/': '' });
  const sockets: Record<string, Socket> = {};
  await using server = await listening((socket) => {
    socket.once('data', (chunk: Buffer) => {
      const [line = ''] = chunk.toString('latin1').split('\n');
      const who = `${line.startsWith('7305') ? 'a' : 'b'} ${line.includes(':sender') ? 'from' : 'to'}`;
      sockets[who] ??= socket;
      if (sockets[who] !== socket) {
        socket.resetAndDestroy();
        return;
      }
      socket.pause().on('close', () => {
        for (const each of Object.values(sockets)) each.destroy();
      });
      if (Object.keys(sockets).length === 4) {
        for (const each of Object.values(sockets)) each.write('PAIRED\n');
        wire(sockets);
      }
    });
  });
  const codes = { a: '7305-olive-basic', b: '7306-basic-olive' };
  const sides = (['a', 'b'] as const).flatMap((name) => [
    startSending(server.port, {
      source: { kind: 'paths', paths: [join(from.path, name)] },
      code: codes[name],
      giveUpAfterMs: 300,
    }),
    startReceiving(server.port, codes[name], join(to.path, name), { giveUpAfterMs: 300 }),
  ]);
  const ends = await Promise.all(sides.map(endOf));
  const arrived = (await tree(to.path)).filter((line) => !line.includes('.relay-receive-'));
  // A transfer that was over before the lie may be whole; nothing else ever has its final name.
  const whole = (await tree(from.path)).map((line) => line.replace(/^\/(.)/, '/$1/$1'));
  const done = whole.filter((_, index) => ends[2 * index + 1] === 'done');
  expect(arrived).toEqual([
    '/a directory',
    ...done.filter((line) => line.startsWith('/a/')),
    '/b directory',
    ...done.filter((line) => line.startsWith('/b/')),
  ]);
  return { fromA: ends[0], toA: ends[1], fromB: ends[2], toB: ends[3] };
}

const SWAP_AFTER_BYTES = 600_000;

describe.concurrent('a relay that lies about who is paired', () => {
  it('finds no receiver that takes the words of another', async () => {
    const ends = await crossed((sockets) => {
      for (const [one, other] of [
        ['a from', 'b to'],
        ['b from', 'a to'],
      ] as const) {
        sockets[one]!.pipe(sockets[other]!);
        sockets[other]!.pipe(sockets[one]!);
      }
    });
    expect(ends.toA).toBe('wrong-code');
    expect(ends.toB).toBe('wrong-code');
    expect(ends.fromA).not.toBe('done');
    expect(ends.fromB).not.toBe('done');
  });

  it.each(['swaps', 'doubles'])(
    'and %s their streams in the middle is found out',
    async (how) => {
      const ends = await crossed((sockets) => {
        for (const [name, other] of [
          ['a', 'b'],
          ['b', 'a'],
        ] as const) {
          let through = 0;
          sockets[`${name} to`]!.on('data', (bytes: Buffer) =>
            sockets[`${name} from`]!.write(bytes),
          ).resume();
          sockets[`${name} from`]!.on('data', (bytes: Buffer) => {
            through += bytes.length;
            const isLying = through > SWAP_AFTER_BYTES;
            if (!isLying || how === 'doubles') sockets[`${name} to`]!.write(bytes);
            if (isLying) sockets[`${other} to`]!.write(bytes);
          }).resume();
        }
      });
      for (const end of Object.values(ends)) {
        expect(end).toMatch(/^(?:authentication|protocol|stopped|gave-up|done)$/);
      }
      expect(Object.values(ends)).not.toEqual(['done', 'done', 'done', 'done']);
      // Whoever is left in the middle of a frame hears nothing more, and waits for it a while.
    },
    60_000,
  );
});

it('a receiver that has everything does not wait long for a sender that is gone', async () => {
  await using relay = await startRelay();
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { file: randomBytes(30_000_000) });
  const source = { kind: 'paths' as const, paths: [join(from.path, 'file')] };
  const sending = startSending(relay.port, { source, code: '7307-olive-basic' });
  await sending.until('waiting');
  const receiving = startReceiving(relay.port, '7307-olive-basic', to.path, { giveUpAfterMs: 700 });
  await receiving.until('progress');
  sending.abort();
  // The room is held for longer than the receiver is patient.
  expect(await endOf(receiving)).toMatch(/^(?:stopped|gave-up)$/);
});
