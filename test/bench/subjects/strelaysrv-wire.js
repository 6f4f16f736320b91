/* The messages of syncthing's relay: a header of three numbers, and XDR behind it (RFC 4506). */
const MAGIC = 0x9e79bc40;
const HEADER_BYTES = 12;

export const TYPE = {
  ping: 0,
  pong: 1,
  joinRelay: 2,
  joinSession: 3,
  response: 4,
  connect: 5,
  invitation: 6,
};

const number = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
};

/** Bytes of any length, as the body of a message that has nothing else. */
export const opaque = (bytes) =>
  Buffer.concat([number(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

export const message = (type, body = Buffer.alloc(0)) =>
  Buffer.concat([number(MAGIC), number(type), number(body.length), body]);

/** The first message of what was heard, or undefined where it is not whole yet. */
export function parse(heard) {
  if (heard.length < HEADER_BYTES) return undefined;
  if (heard.readUInt32BE(0) !== MAGIC) throw new Error('was answered by something else than the relay');
  const used = HEADER_BYTES + heard.readUInt32BE(8);
  if (heard.length < used) return undefined;
  return { type: heard.readUInt32BE(4), body: heard.subarray(HEADER_BYTES, used), used };
}

/** The key of an invitation: its second field, behind the other side's identity. */
export function keyOf(body) {
  const from = body.readUInt32BE(0);
  const at = 4 + from + ((4 - (from % 4)) % 4);
  return Buffer.from(body.subarray(at + 4, at + 4 + body.readUInt32BE(at)));
}

/** Fails unless the message is the relay's "success". */
export function expectSuccess({ type, body }) {
  if (type === TYPE.response && body.readUInt32BE(0) === 0) return;
  const code = type === TYPE.response ? body.readUInt32BE(0) : undefined;
  throw new Error(`was answered by message ${type}, code ${code}`);
}
