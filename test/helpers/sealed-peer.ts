import { nodePlatform } from '../../src/client/platform.js';
import { formatFrame } from '../../src/transfer/channel/frames.js';
import { ReceiverAgreement, SenderAgreement } from '../../src/transfer/keys/key-agreement.js';
import type { SessionKeys } from '../../src/transfer/keys/key-schedule.js';
import { Sealer } from '../../src/transfer/channel/sealed-channel.js';
import { Client } from './client.js';

const HELLO_BYTES = 54;
const ANSWER_BYTES = 102;
const CONFIRMATION_BYTES = 70;

/** A tool that knows the code and can seal what an honest one cannot. */
export interface SealedPeer extends Disposable {
  readonly client: Client;
  readonly sealer: Sealer;
  readonly keys: SessionKeys;
}

/** Joins at the door of a code and agrees on keys there. */
export async function sealedAs(
  role: 'sender' | 'receiver',
  port: number,
  code: { readonly nameplate: string; readonly password: string },
): Promise<SealedPeer> {
  const line = `${code.nameplate}:${role}:retry:raw\n`;
  const client = await Client.connect(port, { line });
  const keys = role === 'sender' ? await sends(client, code) : await receives(client, code);
  return { client, keys, sealer: new Sealer(keys.sendKey), [Symbol.dispose]: () => client[Symbol.dispose]() };
}

async function sends(client: Client, code: { nameplate: string; password: string }): Promise<SessionKeys> {
  const agreement = new SenderAgreement(code, nodePlatform);
  client.write(formatFrame(agreement.hello));
  await client.untilBytes(ANSWER_BYTES);
  const { confirmation, keys } = agreement.receiveAnswer(client.bytes.subarray(4, ANSWER_BYTES));
  client.write(formatFrame(confirmation));
  return keys;
}

async function receives(client: Client, code: { nameplate: string; password: string }): Promise<SessionKeys> {
  const agreement = new ReceiverAgreement(code, nodePlatform);
  await client.untilBytes(HELLO_BYTES);
  client.write(formatFrame(agreement.receiveHello(client.bytes.subarray(4, HELLO_BYTES))));
  await client.untilBytes(HELLO_BYTES + CONFIRMATION_BYTES);
  const frame = client.bytes.subarray(HELLO_BYTES, HELLO_BYTES + CONFIRMATION_BYTES);
  return agreement.receiveConfirmation(frame.subarray(4));
}
