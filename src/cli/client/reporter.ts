import type { Report } from '../../transfer/events.js';

/** What a transfer tells, made visible. Everything goes to standard error. */
export interface Reporter {
  readonly report: Report;
  /** A sentence for people that is no event of the transfer; left out where only scripts read. */
  readonly notice: (sentence: string) => void;
  /** Why it failed, in a sentence: the last that is said. `again` is for scripts: the command that goes on with it. */
  readonly failed: (code: string, sentence: string, again?: string) => void;
  /** Takes away what moves, so that a person can be asked. */
  readonly pause: () => void;
  /** Takes the timers down; whatever moved is off the screen. */
  readonly close: () => void;
}

type Side = 'send' | 'receive';

export interface View {
  readonly side: Side;
  /** Several receivers are told apart by their numbers. */
  readonly peers: number;
  /** Whether the offer is said here; where a person is asked, the question says it. */
  readonly showsOffer: boolean;
  /** What to run on the other machine, without the code: the tool there asks for it. */
  readonly otherSide: string | undefined;
  /** What is sent is typed on the same terminal: nothing is drawn there. */
  readonly isTypedOn?: boolean;
}

export interface Output {
  /** One piece of text, whole lines or a change of the screen. */
  readonly write: (text: string) => void;
}

/** Milliseconds of a clock that never goes back. */
export type Clock = () => number;

export const monotonicClock: Clock = () => performance.now();
