import { createHmac } from 'node:crypto';

/** Bytes of the secret: as many as the hash has (RFC 2104, 3). */
export const SECRET_BYTES = 32;

/**
 * A keyed hash (HMAC-SHA-256, 128 bits of it) under a secret that is drawn at each start, and goes nowhere but to a successor.
 * Codes and keys are hashed as soon as they are read: rooms, limits, logs and a core dump hold no others.
 */
export function createSecretHash(secret: Uint8Array): (kind: 'room' | 'key', text: string) => string {
  return (kind, text) =>
    createHmac('sha256', secret).update(`${kind}:${text}`).digest().subarray(0, 16).toString('base64url');
}
