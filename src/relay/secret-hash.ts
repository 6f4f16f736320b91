import { createHmac, randomBytes } from 'node:crypto';

/**
 * A keyed hash (HMAC-SHA-256, 128 bits of it) under a key that is drawn at each start and never leaves.
 * Codes and keys are hashed as soon as they are read: rooms, limits, logs and a core dump hold no others.
 */
export function createSecretHash(): (kind: 'room' | 'key', text: string) => string {
  const secret = randomBytes(32);
  return (kind, text) =>
    createHmac('sha256', secret).update(`${kind}:${text}`).digest().subarray(0, 16).toString('base64url');
}
