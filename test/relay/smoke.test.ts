import { expect, it } from 'vitest';
import { startRelay } from '../helpers/relay.js';

it('pairs two clients by code and moves their bytes both ways', async () => {
  await using relay = await startRelay();
  const { sender, receiver } = await relay.pair('smoke');
  sender.end('to the receiver');
  expect(await receiver.untilEnd()).toBe('to the receiverDISCONNECT\n');
  receiver.end('to the sender');
  expect(await sender.untilEnd()).toBe('to the senderDISCONNECT\n');
  await relay.untilEmpty();
  expect(relay.records.map((record) => record.ending)).toEqual(['closed', 'closed']);
});
