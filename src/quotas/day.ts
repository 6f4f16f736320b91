const DAY_MS = 24 * 60 * 60_000;

/** A clock that was set back over midnight by no more than this has not gone back to yesterday. */
const SET_BACK_MS = DAY_MS / 2;

export interface QuotaDay {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  /** Counts start afresh. */
  readonly isNew: boolean;
}

/**
 * The day that bytes count for now. Days go forward: where a clock is set back over midnight, as to correct it, the day
 * that has begun goes on, and midnight does not come twice. Where a clock was wrong by more, its new day holds, with the
 * counts that there are, until the next midnight.
 *
 * @param counted the day that was counted for last; undefined where nothing was
 * @param wallMs milliseconds since 1970, of a clock that may be set
 */
export function quotaDay(counted: number | undefined, wallMs: number): QuotaDay {
  const today = Math.floor(wallMs / DAY_MS);
  if (counted === undefined || today > counted) return { day: today, isNew: true };
  const isSetBackFar = counted * DAY_MS - wallMs > SET_BACK_MS;
  return { day: isSetBackFar ? today : counted, isNew: false };
}
