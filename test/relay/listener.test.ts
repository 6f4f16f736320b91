import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { Listener } from '../../src/relay/listener.js';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';

// For two connections.
vi.mock('../../src/relay/open-files.js', () => ({ openFilesLimit: () => 34, RESERVED_FILES: 32 }));

it('takes no more connections than there are open files for, those of another process among them', async () => {
  let dropped = 0;
  const accepted: Socket[] = [];
  const listener = new Listener({
    onConnection: (socket) => void accepted.push(socket.on('error', () => undefined)),
    onDropped: () => (dropped += 1),
    onFault: () => undefined,
  });
  const { port } = await listener.listen({ port: 0, host: '127.0.0.1' });
  const moved = new Socket();
  listener.count(moved);
  using one = await Client.connect(port);
  await eventually(() => expect(accepted).toHaveLength(1));
  using two = await Client.connect(port);
  await two.untilEnd();
  expect([accepted.length, dropped]).toEqual([1, 1]);
  moved.destroy();
  await new Promise(setImmediate);
  using three = await Client.connect(port);
  await eventually(() => expect(accepted).toHaveLength(2));
  expect([one.text, three.text]).toEqual(['', '']);
  const closed = listener.close();
  for (const socket of accepted) socket.destroy();
  await closed;
  expect(dropped).toBe(1);
});
