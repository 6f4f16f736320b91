import type { Signal } from './cancellation.js';
import type { Line } from './line.js';
import type { Platform } from './platform.js';
import type { Timing } from './timing.js';

/** The relay that the two sides meet at. */
export interface Relay {
  /** As a person would write it, for sentences. */
  readonly name: string;
  /**
   * Opens a line to it.
   * @throws RelayUnreachable, the signal's reason; nothing is left open then
   */
  dial(signal: Signal): Promise<Line>;
}

/** What one side of a transfer works with, the same from its beginning to its end. */
export interface Context {
  readonly relay: Relay;
  readonly platform: Platform;
  readonly timing: Timing;
}
