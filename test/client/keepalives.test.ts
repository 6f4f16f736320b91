import { expect, it } from 'vitest';
import { keepaliveMessage } from '../../src/transfer/channel/messages.js';
import { jsonMessage, TransferMessage } from '../../src/transfer/transfer-messages.js';
import { endOf, HOSTILE_CODE } from '../helpers/hostile.js';
import { startRelay } from '../helpers/relay.js';
import { type SealedPeer, sealedAs } from '../helpers/sealed-peer.js';
import { type Running, scratch, startReceiving, startSending } from '../helpers/transfer.js';

const CODE = { nameplate: '7302', password: 'olive-basic' };

/** A sender of a text, or a receiver, and at the other end a tool that says what it likes. */
async function against(
  side: 'sender' | 'receiver',
  play: (peer: SealedPeer) => Promise<void>,
): Promise<string> {
  await using relay = await startRelay();
  await using to = await scratch();
  const source = { kind: 'text' as const, text: 'hello' };
  const sending = side === 'sender' ? startSending(relay.port, { source, code: HOSTILE_CODE }) : undefined;
  await sending?.until('waiting');
  const sealing = sealedAs(side === 'sender' ? 'receiver' : 'sender', relay.port, CODE);
  if (sending === undefined) await relay.untilRooms({ waiting: 1 });
  const running: Running = sending ?? startReceiving(relay.port, HOSTILE_CODE, to.path);
  using sealed = await sealing;
  await play(sealed);
  return await endOf(running);
}

const stop = jsonMessage(TransferMessage.stop, { why: 'declined' });

it.each(['sender', 'receiver'] as const)('a %s bears a frame of 200,000 keepalives', async (side) => {
  const end = await against(side, async ({ client, sealer }) => {
    const keepalives = Array.from({ length: 200_000 }, keepaliveMessage);
    const frames = await sealer.seal(keepalives);
    for (const piece of [...frames, ...(await sealer.seal([stop]))]) client.write(piece);
  });
  expect(end).toBe(side === 'sender' ? 'declined' : 'stopped');
});

it.each(['sender', 'receiver'] as const)(
  'a %s does not open frames that say nothing for ever',
  async (side) => {
    const end = await against(side, async ({ client, sealer }) => {
      for (let frame = 0; frame < 5_000; frame += 1)
        client.write(Buffer.concat(await sealer.seal([keepaliveMessage()])));
    });
    expect(end).toBe('protocol');
  },
);
