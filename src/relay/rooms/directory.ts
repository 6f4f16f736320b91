import type { Refusal } from '../../protocol/replies.js';

/** This process has the room; or why nobody can have it now. */
export type Placement = 'here' | Refusal;

/** Says who has which room. Rooms are known to it by name only, as the relay names them. */
export interface Directory {
  /**
   * Finds the room's place, and takes it for this process where it has none. May take its time: the client waits meanwhile,
   * and an upgrade takes it along. MUST settle, and MUST NOT reject.
   */
  place(room: string): Placement | Promise<Placement>;
  /**
   * There is no such room here any more, or there never was: who asked for it was refused, or left. Called at least once
   * for each room that was placed here; MUST do nothing where somebody is asking for the room now.
   */
  release(room: string): void;
}

/** Of a relay that is alone: every room is its own. */
export const alone: Directory = Object.freeze({
  place: () => 'here' as const,
  release: () => undefined,
});
