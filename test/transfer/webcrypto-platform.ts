import { concat, copyOf } from '../../src/transfer/bytes.js';
import type { Aead, Platform } from '../../src/transfer/platform.js';

const { crypto } = globalThis;

/** A platform of what a browser has, and nothing of Node: its cipher has to be waited for. */
export const webCryptoPlatform: Platform = {
  randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  aead: (key) => new SubtleAead(key),
  now: () => performance.now(),
  startTimer(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  startInterval(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};

class SubtleAead implements Aead {
  readonly #key: ReturnType<typeof crypto.subtle.importKey>;

  constructor(key: Uint8Array) {
    this.#key = crypto.subtle.importKey('raw', copyOf(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
  }

  async seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
  ): Promise<Uint8Array[]> {
    // Before the first wait: the pieces are somebody else's behind it.
    const whole = concat(plaintext);
    const how = { name: 'AES-GCM', iv: copyOf(nonce), additionalData: copyOf(additionalData) };
    return [new Uint8Array(await crypto.subtle.encrypt(how, await this.#key, whole))];
  }

  async open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    sealed: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const copy = copyOf(sealed);
    const how = { name: 'AES-GCM', iv: copyOf(nonce), additionalData: copyOf(additionalData) };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(how, await this.#key, copy));
    } catch (error) {
      if (error instanceof DOMException && error.name === 'OperationError') return undefined;
      throw error;
    }
  }
}
