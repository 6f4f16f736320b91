import { expect, it } from 'vitest';
import { feed, noiseHash, Sink } from '../helpers/flow.js';
import { RelayProcess } from '../helpers/process.js';

/** A Node whose sockets cannot be made to read into buffers of ours. */
const WITHOUT = `data:text/javascript,
  import { connect } from 'node:net';
  const socket = connect(1, '127.0.0.1').on('error', () => undefined);
  let prototype = socket._handle;
  while (!Object.hasOwn(prototype, 'useUserBuffer')) prototype = Object.getPrototypeOf(prototype);
  delete prototype.useUserBuffer;
  socket.destroy();`.replace(/\s+/g, ' ');

it.each([
  ['says so once where large reads are not to be had, and moves every byte all the same', WITHOUT, 1],
  ['says nothing where they are', 'data:text/javascript,', 0],
])('the relay %s', async (_, preload, notices) => {
  const args = ['--port', '0', '--host', '127.0.0.1'];
  await using relay = new RelayProcess(args, {}, ['--import', preload]);
  await relay.untilLogged('listening');
  for (const code of ['first', 'second']) {
    using receiver = await Sink.connect(relay.port, { line: `${code}:receiver:raw:wait\n` });
    using sender = await Sink.connect(relay.port, { line: `${code}:sender:raw\n` });
    await feed(sender.socket, 4_000_000).then(() => sender.socket.end());
    await receiver.untilEnd();
    expect(receiver.digest()).toBe(noiseHash(4_000_000));
    receiver.socket.end();
  }
  await relay.untilEnded(4);
  const said = relay.lines.filter(({ msg }) => msg.includes('large reads are off'));
  expect(said.map((line) => line['level'])).toEqual(Array<number>(notices).fill(40));
});
