import { nodePlatform } from '../../src/client/platform.js';
import type { Aead, Platform } from '../../src/transfer/platform.js';
import { webCryptoPlatform } from './webcrypto-platform.js';

/** What the transfer has to run on, the same on each. */
export const PLATFORMS: readonly (readonly [name: string, Platform])[] = [
  ['Node', nodePlatform],
  ['WebCrypto', webCryptoPlatform],
];

/** A platform that tells which key it was given for a cipher. */
export interface OpenPlatform extends Platform {
  keyOf(aead: Aead): Buffer;
}

/** @param random in place of the platform's own */
export function openPlatform(
  platform: Platform = nodePlatform,
  random?: (size: number) => Uint8Array,
): OpenPlatform {
  const keys = new Map<Aead, Buffer>();
  return {
    ...platform,
    randomBytes: random ?? ((size) => platform.randomBytes(size)),
    aead(key) {
      const aead = platform.aead(key);
      keys.set(aead, Buffer.from(key));
      return aead;
    },
    keyOf(aead) {
      const key = keys.get(aead);
      if (key === undefined) throw new Error('That cipher is of another platform.');
      return key;
    },
  };
}
