/*
 * The key that a client of croc's relay agrees on with it, by a password that everybody knows (1, 2, 3). The client's
 * own secret is 1: nothing has to stay secret here, and the load must cost less than the relay, which does all of it.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** The curve SIEC255, y^2 = x^3 + 19. */
const P = 28948022309329048855892746252183396360603931420023084536990047309120118726721n;
const BASE = [5n, 12n];
/** Two points that are the protocol's own. */
const U = [
  793136080485469241208656611513609866400481671853n,
  18458907634222644275952014841865282643645472623913459400556233196838128612339n,
];
const V = [
  1086685267857089638167386722555472967068468061489n,
  19593504966619549205903364028255899745298716108914514072669075231742699650911n,
];
const PASSWORD = Buffer.from([1, 2, 3]);
const SCALAR = 0x010203n;

const mod = (n) => ((n % P) + P) % P;

function inverse(n) {
  let [a, b, x, y] = [mod(n), P, 1n, 0n];
  while (a !== 0n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return mod(y);
}

/** Neither point is zero, nor are they each other's opposite: it does not come up with these. */
function add([x1, y1], [x2, y2]) {
  const slope = x1 === x2 ? 3n * x1 * x1 * inverse(2n * y1) : (y2 - y1) * inverse(x2 - x1);
  const x = mod(slope * slope - x1 - x2);
  return [x, mod(slope * (x1 - x) - y1)];
}

function multiply(point, scalar) {
  let sum;
  for (const bit of scalar.toString(2)) {
    if (sum !== undefined) sum = add(sum, sum);
    if (bit === '1') sum = sum === undefined ? point : add(sum, point);
  }
  return sum;
}

const X = add(multiply(U, SCALAR), BASE);
const [vx, vy] = multiply(V, SCALAR);
const MINUS_PASSWORD_V = [vx, mod(-vy)];

function bigEndian(n) {
  const digits = n.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** What the client sends: its point. */
export const FIRST_MESSAGE = `{"Role":0,"Xᵤ":${X[0]},"Xᵥ":${X[1]}}`;

/** What both know when the relay's point `Y` is there. */
export function agree(Y) {
  const hash = createHash('sha256').update(PASSWORD);
  for (const coordinate of [...X, ...Y, ...add(Y, MINUS_PASSWORD_V)]) hash.update(bigEndian(coordinate));
  return hash.digest();
}

export function seal(text, key) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

export function unseal(bytes, key) {
  const opener = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  opener.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([opener.update(bytes.subarray(12, -16)), opener.final()]).toString();
}
