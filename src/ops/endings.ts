import { REFUSAL_TOKENS } from '../protocol/replies.js';
import type { RefusalToken } from '../protocol/replies.js';
import type { Ending } from '../relay/observer.js';

const REFUSALS: ReadonlySet<string> = new Set(REFUSAL_TOKENS);

/** Whether a connection was turned away, rather than ended by one of its members. */
export function isRefusal(ending: Ending): ending is RefusalToken {
  return REFUSALS.has(ending);
}
