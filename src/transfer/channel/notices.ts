import { parseReply, type Reply } from '../../protocol/parse-reply.js';

/** Why a relay ended a room for good: to come back at once is of no use. */
export const FINAL_REASONS = ['byte-limit', 'age-limit', 'quota', 'operator'] as const;
export type FinalReason = (typeof FINAL_REASONS)[number];

/** A notice is a short line. */
export const MAX_NOTICE_BYTES = 64;

/**
 * The reason in a relay's notice at the end of what was read, where it is a final one.
 *
 * The relay may have had to stop in the middle of a frame: then nothing but the end of the stream tells the notice from
 * the frame's bytes. Anyone on the way can write one. They can cut the line as well, and that is all it comes to.
 */
export function finalReason(end: string): FinalReason | undefined {
  const notice = noticeAt(end);
  return FINAL_REASONS.find((reason) => notice?.kind === 'disconnected' && notice.reason === reason);
}

/** Whether what was read ends with a notice, whatever its reason. */
export function isNotice(end: string): boolean {
  return noticeAt(end)?.kind === 'disconnected';
}

function noticeAt(end: string): Reply | undefined {
  const line = end.endsWith('\n') ? end.slice(0, -1) : end;
  return parseReply(line.slice(Math.max(0, line.lastIndexOf('DISCONNECT'))));
}
