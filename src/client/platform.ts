import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Aead, Platform } from '../transfer/platform.js';

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES } as const;

/** Node's own generator, OpenSSL and timers. Nothing here has to be waited for. */
export const nodePlatform: Platform = {
  randomBytes,
  aead: (key) => new OpensslAead(createSecretKey(key)),
  now: () => performance.now(),
  startTimer(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  startInterval(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
};

/** The key is a `KeyObject`, which prints and serialises as nothing. */
class OpensslAead implements Aead {
  readonly #key: KeyObject;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[]): Uint8Array[] {
    const cipher = createCipheriv(CIPHER, this.#key, nonce, OPTIONS);
    cipher.setAAD(additionalData);
    const pieces: Uint8Array[] = plaintext.map((piece) => cipher.update(piece));
    cipher.final();
    pieces.push(cipher.getAuthTag());
    return pieces;
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const ciphertextBytes = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, OPTIONS);
    decipher.setAAD(additionalData);
    decipher.setAuthTag(sealed.subarray(ciphertextBytes));
    const plaintext = decipher.update(sealed.subarray(0, ciphertextBytes));
    try {
      decipher.final();
    } catch {
      // The tag does not fit, which is the only thing that final() reports for GCM.
      return undefined;
    }
    return plaintext;
  }
}
