import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { FIRST_MESSAGE, agree, seal, unseal } from './croc-key.js';

const HEADER_BYTES = 8;

const frame = (bytes) => {
  const header = Buffer.from('croc\0\0\0\0', 'latin1');
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};

/** To whoever is first in a room, once a second until the other comes. */
const KEEP_ALIVE = frame(Buffer.from([1]));

function expect(said, expected) {
  if (!expected.test(said)) throw new Error(`was answered '${said}'`);
}

/** What the relay sends in turn, and what the client makes of it. */
function createAnswers(room, relayPassword) {
  let key;
  return [
    (bytes) => {
      const [, x, y] = /"Yᵤ":(\d+),"Yᵥ":(\d+)/.exec(bytes.toString()) ?? [];
      if (x === undefined) throw new Error('was answered without a point');
      const salt = randomBytes(8);
      key = pbkdf2Sync(agree([BigInt(x), BigInt(y)]), salt, 100, 32, 'sha256');
      return { write: Buffer.concat([frame(salt), frame(seal(relayPassword, key))]) };
    },
    (bytes) => {
      // Its other ports, or `ok` where it has none; and the client's address.
      expect(unseal(bytes, key), /\|\|\|/);
      return { write: frame(seal(room, key)) };
    },
    (bytes) => {
      expect(unseal(bytes, key), /^ok$/);
      return { joined: true };
    },
  ];
}

/** In the room. A receiver that came first was sent keep-alives: what is none is the stream. */
function hearInRoom(heard, role) {
  if (role === 'sender') return { used: 0, begun: true };
  const part = heard.subarray(0, KEEP_ALIVE.length);
  if (!part.equals(KEEP_ALIVE.subarray(0, part.length))) return { used: 0, begun: true };
  return part.length === KEEP_ALIVE.length ? { used: part.length } : undefined;
}

/**
 * A client's part with croc's relay: frames, an agreed key, and under it the relay's password and the room's name.
 * @returns {import('./index.js').Handshake}
 */
export function crocHandshake(role, room, relayPassword) {
  const answers = createAnswers(room, relayPassword);
  const hear = (heard) => {
    if (answers.length === 0) return hearInRoom(heard, role);
    if (heard.length < HEADER_BYTES) return undefined;
    const end = HEADER_BYTES + heard.readUInt32LE(4);
    if (heard.length < end) return undefined;
    return { used: end, ...answers.shift()(heard.subarray(HEADER_BYTES, end)) };
  };
  // A sender that came first is sent keep-alives too, while it sends already.
  return { line: frame(Buffer.from(FIRST_MESSAGE)), hear, announced: true, chatter: role === 'sender' };
}
