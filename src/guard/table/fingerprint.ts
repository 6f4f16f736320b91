import { hash, randomBytes } from 'node:crypto';

/** Hexadecimal digits that a double holds exactly: 52 bits. */
const DIGITS = 13;

/**
 * Turns keys of any length into whole numbers below 2^52, so that a table of numbers can stand for them.
 *
 * Two keys with the same number share a count. Among 65,536 keys a new one meets such another once in 2^36 times; and
 * as the secret is new with every call and never told, nobody can look for a key that shares somebody else's.
 */
export function createFingerprint(): (key: string) => number {
  const secret = randomBytes(16).toString('hex');
  // One connection asks for the same few keys again and again: is it blocked, count it, is it blocked.
  let lastKey: string | undefined;
  let last = 0;
  return (key) => {
    if (key !== lastKey) {
      last = Number.parseInt(hash('sha256', secret + key, 'hex').slice(0, DIGITS), 16);
      lastKey = key;
    }
    return last;
  };
}
