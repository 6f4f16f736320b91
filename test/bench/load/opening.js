import { quote } from './payload.js';

const NOTHING = Buffer.alloc(0);

/** A client that reads one text, always the same, before the stream begins; an empty one: it begins at once. */
function expectReply(reply) {
  const expected = Buffer.from(reply);
  return (heard) => {
    const part = heard.subarray(0, expected.length);
    if (!part.equals(expected.subarray(0, part.length))) throw new Error(`was answered ${quote(heard)}`);
    return part.length === expected.length ? { used: part.length, begun: true } : undefined;
  };
}

/**
 * A client's part of the handshake, up to where the stream begins. Nothing in it knows a socket: bytes go in, and
 * what is to be written comes out.
 * @param {import('../subjects/index.js').Handshake} handshake
 * @param {object} client
 * @param {(bytes: string | Buffer) => void} client.write
 * @param {() => void} [client.onJoined] The relay knows this client now: its peer may come.
 */
export function createOpening(handshake, { write, onJoined = () => undefined }) {
  const { line, reply = '', hear = expectReply(reply), announced = false } = handshake;
  let heard = NOTHING;
  let begun = false;
  const listen = () => {
    for (let step = hear(heard); step !== undefined; step = begun ? undefined : hear(heard)) {
      heard = heard.subarray(step.used);
      begun = step.begun ?? false;
      if (step.write !== undefined) write(step.write);
      if (step.joined) onJoined();
    }
  };
  return {
    isBegun: () => begun,
    start() {
      if (line.length > 0) write(line);
      if (!announced) onJoined();
      listen();
    },
    /** Takes what was read, and returns what of it belongs to the stream. */
    take(bytes) {
      if (begun) return bytes;
      heard = Buffer.concat([heard, bytes]);
      listen();
      return begun ? heard : NOTHING;
    },
  };
}
