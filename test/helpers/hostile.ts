import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TransferError } from '../../src/transfer/transfer-error.js';
import { parseCode } from '../../src/transfer/code.js';
import { dial } from './dial.js';
import { TIMING } from '../../src/transfer/timing.js';
import { nodePlatform } from '../../src/client/platform.js';
import type { Offer } from '../../src/transfer/entry.js';
import type { Message } from '../../src/transfer/channel/messages.js';
import { Session } from '../../src/transfer/channel/session.js';
import { jsonMessage, TransferMessage } from '../../src/transfer/transfer-messages.js';
import type { Running } from './transfer.js';

const CONTEXT = { platform: nodePlatform, timing: TIMING };

export const HOSTILE_CODE = '7302-olive-basic';

/** Joins as a tool that knows the code and says what it likes. */
export async function joinAs(
  role: 'sender' | 'receiver',
  port: number,
  code = HOSTILE_CODE,
): Promise<Session> {
  const parsed = parseCode(code);
  if (!parsed.ok) throw new Error(parsed.problem);
  const request = { code: parsed.code.nameplate, role, retry: true };
  const line = await dial({ host: '127.0.0.1', port, request });
  return role === 'sender'
    ? await Session.asSender(line, parsed.code, CONTEXT)
    : await Session.asReceiver(line, parsed.code, CONTEXT);
}

export interface Script {
  readonly offer: Offer;
  readonly messages: readonly Message[];
}

/** A sender's whole part; gives the messages of the receiver behind its answer, until its end or the line's. */
export async function playSender(session: Session, { offer, messages }: Script): Promise<Message[]> {
  const heard: Message[] = [];
  try {
    await session.send(jsonMessage(TransferMessage.offer, offer));
    for (const message of messages) await session.send(message);
    for (let said = await session.receive(); said !== undefined; said = await session.receive()) {
      heard.push(said);
      if (said.type === TransferMessage.verified) await session.end();
    }
  } catch {
    // The other side hung up.
  }
  session.abandon();
  return heard;
}

/** How one side ended: `done`, the code of its error, or what else was thrown. */
export async function endOf({ done }: Pick<Running, 'done'>): Promise<string> {
  try {
    await done;
    return 'done';
  } catch (error) {
    if (error instanceof TransferError) return error.code;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Contents under their final names, by path: whatever is kept for a resume left out. */
export async function finals(root: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1);
    if (entry.isFile() && !path.startsWith('.relay-receive-'))
      found.set(path, await readFile(join(root, path)));
  }
  return found;
}
