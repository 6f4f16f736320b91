import { hash } from 'node:crypto';

/** Bytes of the secret: as many as the hash has. */
export const SECRET_BYTES = 32;

/** Characters of six bits: the hash is cut to 132 of them. */
const LENGTH = 22;

/**
 * A keyed hash: SHA-512/256 of the secret and the text. (Of its state it shows half, so that nobody can continue it.) The
 * secret is drawn at each start, and goes nowhere but to a successor.
 * Codes and keys are hashed as soon as they are read: rooms, limits, logs and a core dump hold no others.
 */
export function createSecretHash(secret: Uint8Array): (kind: 'room' | 'key', text: string) => string {
  const key = Buffer.from(secret).toString('hex');
  return (kind, text) => hash('sha512-256', `${key}${kind}:${text}`, 'base64url').slice(0, LENGTH);
}
