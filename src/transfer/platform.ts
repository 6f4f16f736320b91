/** A value that is there, or one that will be: who is given one waits only where it has to (see `use`). */
export type MaybePromise<T> = T | Promise<T>;

/**
 * What the transfer needs of the machine that it runs on: chance, a cipher and a clock. Everything else it does itself,
 * so that Node, a browser and a worker in one run the same code.
 */
export interface Platform {
  /** Bytes of a cryptographic generator, which whoever asked for them may overwrite. */
  randomBytes(size: number): Uint8Array;
  /**
   * AES-256-GCM (NIST SP 800-38D) under a key. It MUST take a copy of the key before it returns, which the caller
   * overwrites, and SHOULD keep it where nothing prints or serialises it.
   *
   * @param key 32 bytes
   */
  aead(key: Uint8Array): Aead;
  /** Milliseconds since some moment, never going back. */
  now(): number;
  /** Calls `run` once in so many milliseconds, unless it is cancelled. @returns cancels, and does nothing afterwards */
  startTimer(ms: number, run: () => void): () => void;
  /** Calls `run` again and again until it is cancelled. It alone MUST NOT keep a program running. */
  startInterval(ms: number, run: () => void): () => void;
}

/** Authenticated encryption under one key. Where a platform has to wait, several calls may be under way at once. */
export interface Aead {
  /**
   * The ciphertext in one piece or more, and behind it the tag of 16 bytes. `plaintext` is one text in pieces, which are
   * only read, and MUST NOT be read any more when this returns: a Promise is for a cipher that took a copy of them.
   *
   * @param nonce 12 bytes, never twice under one key
   */
  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: readonly Uint8Array[],
  ): MaybePromise<Uint8Array[]>;
  /**
   * The plaintext in memory of its own; undefined where the tag does not fit. `sealed` is read until this returns, as
   * with `seal`.
   *
   * @param sealed the ciphertext and its tag, 16 bytes or more
   */
  open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    sealed: Uint8Array,
  ): MaybePromise<Uint8Array | undefined>;
}

/** Goes on with a value, at once where it is there: an `await` costs a turn of the queue for each frame. */
export function use<T, Result>(
  value: MaybePromise<T>,
  goOn: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
