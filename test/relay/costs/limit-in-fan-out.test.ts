import { expect, it } from 'vitest';
import { voice } from '../../../src/protocol/replies.js';
import { BufferPool } from '../../../src/relay/wire/bulk/buffer-pool.js';
import { Meter } from '../../../src/relay/costs/meter.js';
import { Inlet } from '../../../src/relay/wire/inlet.js';
import { TcpWire } from '../../../src/relay/wire/tcp.js';
import { Link } from '../../../src/relay/splice/link.js';
import { ReadTurns } from '../../../src/relay/wire/bulk/read-turns.js';
import { Splice } from '../../../src/relay/splice/splice.js';
import { Client } from '../../helpers/client.js';
import { eventually } from '../../helpers/eventually.js';
import { noise } from '../../helpers/flow.js';
import { socketPair, type SocketPair } from '../../helpers/sockets.js';

const STEP = 32 * 1024;
const LIMIT = 2 ** 40;
const now = (): number => performance.now();

function linkOf({ server }: SocketPair): Link {
  const wire = new TcpWire(server);
  return new Link(wire, new Inlet(wire, Buffer.alloc(0)), voice({ status: true, raw: false }));
}

/** Whether so many bytes are there soon. */
async function comes(client: Client, bytes: number): Promise<boolean> {
  await client.until(({ length }) => length >= bytes, 'bytes', 300).catch(() => undefined);
  return client.length >= bytes;
}

it('what the fan-out still holds for a slow receiver comes out before the notice', async () => {
  using from = await socketPair();
  using toSlow = await socketPair();
  using toFast = await socketPair();
  const [slow, fast] = [Client.of(toSlow.client), Client.of(toFast.client)];
  const tab = { bytes: 0, since: now() };
  const meter = new Meter({
    ...{ tab, share: undefined, account: undefined, now },
    ...{ maxRoomBytes: LIMIT, maxRoomAgeMs: 0 },
  });
  const splice = new Splice(linkOf(from), [linkOf(toSlow), linkOf(toFast)], {
    ...{ idleTimeoutMs: 60_000, stallTimeoutMs: 60_000, meter, now, hangUp: { lingerMs: 2_000, now } },
    share: { pool: new BufferPool(0, () => undefined), turns: new ReadTurns() },
    ...{ onRelayed: () => undefined, onDropped: () => undefined, onOver: () => undefined },
  });
  toSlow.client.pause();
  const payload = noise(32 * 1024 * 1024);
  // Until the fast one waits for the slow one: the last step is in the fan-out, and nowhere else.
  let sent = 0;
  do {
    from.client.write(payload.subarray(sent, (sent += STEP)));
  } while (await comes(fast, sent));
  await eventually(() => expect(tab.bytes).toBe(2 * sent));
  // The next byte is one too many.
  tab.bytes = LIMIT;
  from.client.write('x');
  slow.socket.resume();
  for (const receiver of [slow, fast]) {
    await receiver.untilEnd();
    expect(receiver.bytes.subarray(sent).toString('latin1')).toBe('DISCONNECT byte-limit\n');
    expect(receiver.bytes.subarray(0, sent).equals(payload.subarray(0, sent))).toBe(true);
  }
  splice.stop('operator');
});
