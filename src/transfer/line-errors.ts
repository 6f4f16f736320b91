import type { Role } from '../protocol/handshake.js';
import type { ToldRefusal } from '../protocol/parse-reply.js';
import type { RefusalToken } from '../protocol/replies.js';
import type { FinalReason } from './channel/notices.js';
import type { ProtocolError } from './errors.js';

/** The line to the other side is gone, by whatever cause: worth another try. */
export class LineCut extends Error {
  override readonly name: string = 'LineCut';
  /** As the system says it, where it says anything. */
  readonly detail: string | undefined;

  constructor(message = 'The line was cut.', options?: ErrorOptions & { readonly detail?: string }) {
    super(message, options);
    this.detail = options?.detail;
  }
}

/** The other side left, and the relay says so; or somebody on the way does. */
export class OtherSideGone extends LineCut {
  override readonly name = 'OtherSideGone';

  constructor() {
    super('The relay says that the other side is gone.');
  }
}

/** Nothing came for longer than it may take. */
export class OtherSideSilent extends LineCut {
  override readonly name = 'OtherSideSilent';

  constructor() {
    super('Nothing was heard of the other side for a while.');
  }
}

/** A line that the relay has cut for good, and said why: another try would not mend it. */
export class RelayEnded extends LineCut {
  override readonly name = 'RelayEnded';
  readonly reason: FinalReason;

  constructor(reason: FinalReason) {
    super(`The relay ended the transfer: ${reason}.`);
    this.reason = reason;
  }
}

/**
 * A line that was over before whoever is there had shown that they know the code, whatever they or the relay seemed to say:
 * it may be anybody, so nothing of it counts but that this line is gone. The cause says what it was.
 */
export class NotConfirmed extends LineCut {
  override readonly name = 'NotConfirmed';
  /** It was whoever is there, and not the line. */
  readonly isTheirs: boolean;

  constructor(cause: ProtocolError | LineCut) {
    super(cause instanceof RelayEnded ? 'The line was cut.' : cause.message, { cause });
    this.isTheirs =
      !(cause instanceof LineCut) ||
      cause instanceof OtherSideGone ||
      cause instanceof OtherSideSilent ||
      cause instanceof RelayEnded;
  }
}

/** In the private room stands the other side's note: it has ended, and will not come back. */
export class OtherSideEnded extends Error {
  override readonly name = 'OtherSideEnded';
}

/** The relay said no. What that means is told by `refusal`, for whoever is at this side. */
export class RelayRefused extends Error {
  override readonly name = 'RelayRefused';
  readonly told: ToldRefusal;
  readonly side: Role;

  constructor(told: ToldRefusal, side: Role) {
    super(told.sentence);
    this.told = told;
    this.side = side;
  }

  get token(): RefusalToken {
    return this.told.token;
  }
}

/** The relay could not be reached, or its line was cut before anybody was there. */
export class RelayUnreachable extends Error {
  override readonly name = 'RelayUnreachable';
}
