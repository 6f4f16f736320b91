import { concat, equalBytes } from '../bytes.js';
import { OtherVersion, ProtocolError } from '../errors.js';
import { ELEMENT_BYTES } from './cpace.js';
import { TAG_BYTES } from './key-schedule.js';

/**
 * The bytes of the key agreement. Every message starts with the version and a type, and each type has one length:
 *
 *     hello         01 01 | session id 16 | element 32    sender to receiver, 50 bytes
 *     answer        01 02 | element 32    | tag 64        receiver to sender, 98 bytes
 *     confirmation  01 03 | tag 64                        sender to receiver, 66 bytes
 *     refusal       01 04                                 instead of any,      2 bytes
 */

export const SESSION_ID_BYTES = 16;

const VERSION = 1;
const HEAD_BYTES = 2;

const TYPES = {
  hello: { type: 1, bytes: SESSION_ID_BYTES + ELEMENT_BYTES },
  answer: { type: 2, bytes: ELEMENT_BYTES + TAG_BYTES },
  confirmation: { type: 3, bytes: TAG_BYTES },
  refusal: { type: 4, bytes: 0 },
} as const;

export type AgreementMessage = keyof typeof TYPES;

export function formatMessage(name: AgreementMessage, ...parts: readonly Uint8Array[]): Uint8Array {
  return concat([Uint8Array.of(VERSION, TYPES[name].type), ...parts]);
}

/** The answer without its tag: what the tag itself is computed over. */
export function answerWithoutTag(element: Uint8Array): Uint8Array {
  return formatMessage('answer', element);
}

/**
 * What stands behind the head of the message that is due: a view into `message`.
 *
 * @throws ProtocolError for every other message; with a reply where the version is another, so that the other side,
 *   which may be the newer one, can say so too
 */
export function readMessage(due: AgreementMessage, message: Uint8Array): Uint8Array {
  const [version, type] = message;
  if (version === undefined || type === undefined) throw malformed();
  if (version !== VERSION) throw new OtherVersion(version, VERSION, formatMessage('refusal'));
  const content = message.subarray(HEAD_BYTES);
  if (type !== TYPES[due].type || content.length !== TYPES[due].bytes) throw malformed();
  return content;
}

export function isRefusal(message: Uint8Array): boolean {
  return equalBytes(message, formatMessage('refusal'));
}

function malformed(): ProtocolError {
  return new ProtocolError(
    'The other side does not follow the transfer protocol. Is it a relay-send or relay-receive?',
  );
}
