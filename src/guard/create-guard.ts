import type { Guard, GuardSettings } from './guard.js';
import { CODE_BLOCKED, createLockout, SOURCE_BLOCKED } from './lockout.js';
import { createRateLimits } from './rate-limits.js';

interface GuardContext {
  /** Milliseconds, of a clock that does not go back: all windows and blocks are measured by it. */
  readonly now: () => number;
  /** Called once for each block that begins, of a code or of a source. */
  readonly onLockout: () => void;
}

/** A guard whose counts are kept in this process's memory, and over when it ends. It holds no timer. */
export function createGuard(settings: GuardSettings, { now, onLockout }: GuardContext): Guard {
  const rates = createRateLimits({ ...settings, now });
  const lockout = createLockout({ ...settings, now, onLockout });
  return {
    async arriving(source) {
      if (lockout.isSourceBlocked(source)) return SOURCE_BLOCKED;
      return rates.connecting(source);
    },

    async joining(attempt) {
      if (lockout.isSourceBlocked(attempt.source)) return SOURCE_BLOCKED;
      const limited = await rates.joining(attempt.source, attempt.room);
      if (limited !== undefined) return limited;
      return lockout.isCodeBlocked(attempt) ? CODE_BLOCKED : undefined;
    },

    failed: (attempt) => lockout.failed(attempt),
    suspect: (source) => lockout.suspect(source),
    paired: (room, sources) => Promise.resolve(lockout.paired(room, sources)),
    bar: (source, forMs) => lockout.bar(source, forMs),
    admit: (source) => Promise.resolve(lockout.admit(source)),
    barred: () => lockout.barred(),
  };
}
