/**
 * Full reads in one turn of the event loop, of all sockets together. Left alone, libuv reads each socket up to 32 times
 * in a row: with large buffers, a hundred transfers would hold up everybody else, and whoever connects, for a second.
 * (It accepts one connection a turn.) Two reads of 512 KiB take half a millisecond; one would cost the transfers more.
 */
export const READS_A_TURN = 2;

/** A reader that has read its share waits here for its next turn. */
export interface TurnTaker {
  /** It may read on. */
  onTurn(): void;
}

/** Lets those who move much take turns, first come first served, so that nobody waits for long. */
export class ReadTurns {
  readonly #waiting = new Set<TurnTaker>();
  #left = READS_A_TURN;
  #hurry = false;
  #next: NodeJS.Immediate | undefined;

  /** No full read is left in this turn of the loop. */
  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /** One was done. */
  spend(): void {
    this.#left -= 1;
    this.#schedule();
  }

  /** Calls `onTurn` once, when it is this one's turn. */
  wait(taker: TurnTaker): void {
    this.#waiting.add(taker);
    this.#schedule();
  }

  /** This one does not read any more. */
  leave(taker: TurnTaker): void {
    this.#waiting.delete(taker);
  }

  /** Somebody has just connected, and others may be behind: the next turn is a short one. */
  hurry(): void {
    this.#hurry = true;
  }

  #schedule(): void {
    this.#next ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#next = undefined;
    this.#left = this.#hurry ? 1 : READS_A_TURN;
    this.#hurry = false;
    let turns = this.#left;
    for (const taker of this.#waiting) {
      this.#waiting.delete(taker);
      taker.onTurn();
      turns -= 1;
      if (turns === 0) break;
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
