/**
 * The block that is sent over and over. Its length is a prime, so that no buffer of a relay (a power of two) fits
 * a whole number of times: bytes of a buffer that was filled again too early are then out of place, and seen.
 */
export const BLOCK = Buffer.alloc(1_048_573);
for (let i = 0, state = 1; i < BLOCK.length; i++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  BLOCK[i] = state >>> 24;
}

const SAMPLE = 64;
const STRIDE = 16_384;

function matches(bytes, position) {
  const start = position % BLOCK.length;
  const length = Math.min(bytes.length, BLOCK.length - start);
  return bytes.compare(BLOCK, start, start + length, 0, length) === 0;
}

/**
 * Whether a read that starts at `position` of the stream is right, by samples: every byte would cost the load too
 * much, and a relay's buffers are larger than the stride.
 */
export function looksRight(bytes, position) {
  for (let at = 0; at < bytes.length; at += STRIDE) {
    if (!matches(bytes.subarray(at, at + SAMPLE), position + at)) return false;
  }
  const tail = Math.max(0, bytes.length - SAMPLE);
  return matches(bytes.subarray(tail), position + tail);
}

/** The beginning of what was read instead, for an error message. */
export const quote = (bytes) => JSON.stringify(bytes.toString('latin1', 0, 80));
