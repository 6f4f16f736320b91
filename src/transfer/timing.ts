/** How long the two tools wait for what. All in milliseconds; tests have times of their own. */
export interface Timing {
  /** Waits between two tries to come back; the last one again and again. */
  readonly waitsMs: readonly number[];
  /** In so long each word of somebody who has not shown yet that they know the code is due. */
  readonly wordMs: number;
  /**
   * So long after a cut each side comes to the code's own room too, if they have not met in the private one: a sender for a
   * receiver that was started again, which finds nobody otherwise, and a receiver for such a sender.
   */
  readonly doorAfterMs: { readonly sender: number; readonly receiver: number };
  /**
   * How long a receiver that has met nobody yet waits in a room that its sender has left. One that means to come back is
   * away for the longest of the waits, and some seconds more where it is far.
   */
  readonly awayForMs: number;
  /** How long the other side has to read our last words and close: what refuses it, and the end of a session. */
  readonly lastWordsMs: { readonly refusal: number; readonly end: number };
}

/**
 * Some fifteen tries in the first minute, where a relay lets thirty in from one source to one code: two sides on one
 * machine are within it.
 */
export const TIMING: Timing = {
  waitsMs: [250, 500, 1_000, 2_000, 4_000, 8_000],
  wordMs: 10_000,
  doorAfterMs: { sender: 1_000, receiver: 3_000 },
  awayForMs: 30_000,
  lastWordsMs: { refusal: 1_000, end: 2_000 },
};
