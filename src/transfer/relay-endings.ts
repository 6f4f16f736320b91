import type { Role } from '../protocol/handshake.js';
import { parseReply, type Reply } from '../protocol/parse-reply.js';

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

/** What happened, and what to do. */
export function endedBecause(reason: FinalReason, side: Role, now: number): string {
  const goOn =
    side === 'sender'
      ? 'What arrived is kept: to go on, run it again with the same code, and have the receiver run theirs again'
      : 'What arrived is kept: to go on, have the sender run theirs again with the same code, then run yours again';
  switch (reason) {
    case 'byte-limit':
      return `The relay passes on no more bytes in one room. ${goOn}; or ask its operator for more.`;
    case 'age-limit':
      return `The relay lets no room last longer. ${goOn}.`;
    case 'quota':
      return `${side === 'sender' ? 'Your' : "The sender's"} ${quotaUsedUp(now)}. ${goOn}, then.`;
    case 'operator':
      return "The relay's operator has ended the transfer. What arrived is kept. Ask them before you go on.";
  }
}

/** For a sentence that says first whose. */
export function quotaUsedUp(now: number): string {
  return `quota at this relay is used up for today; it starts afresh at 00:00 UTC, in ${untilMidnight(now)}`;
}

/** `5 h 12 min` until 00:00 UTC, rounded up. */
function untilMidnight(now: number): string {
  const dayMs = 86_400_000;
  const minutes = Math.ceil((dayMs - (now % dayMs)) / 60_000);
  const hours = Math.floor(minutes / 60);
  const parts = [...(hours > 0 ? [`${hours} h`] : []), ...(minutes % 60 > 0 ? [`${minutes % 60} min`] : [])];
  return parts.join(' ');
}
