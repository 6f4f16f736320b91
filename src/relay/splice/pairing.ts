import type { Guard } from '../../guard/guard.js';
import type { EndReason } from '../../protocol/replies.js';
import { type Costs, payerOf } from '../costs/costs.js';
import { isCostLimit } from '../costs/meter.js';
import type { Observer } from '../observer.js';
import type { Rooms } from '../rooms/rooms.js';
import type { BulkShare } from '../wire/bulk/bulk-reads.js';
import type { HangUpTimes } from '../wire/hang-up.js';
import type { Link } from './link.js';
import { Splice } from './splice.js';

/** Who can be paired. */
export interface PairingMember {
  readonly source: string | undefined;
  /** Whose token it showed. */
  readonly sender: string | undefined;
  readonly link: Link;
  /** It waits no longer: its bytes go through this pairing from now on. Gives how long it waited, in milliseconds. */
  pair(pairing: Pairing): number;
  /** It is out of the pairing. Called once or more. */
  unpair(): void;
}

export interface PairingContext {
  readonly settings: { readonly idleTimeoutMs: number; readonly stallTimeoutMs: number };
  readonly rooms: Pick<Rooms<unknown>, 'find' | 'close'>;
  readonly guard: Pick<Guard, 'paired'>;
  readonly observer: Observer;
  readonly share: BulkShare;
  readonly costs: Costs;
  readonly now: () => number;
  readonly hangUp: HangUpTimes;
}

/** The members of a complete room, from the moment when it is one. */
export class Pairing {
  /** When it began, on the relay's clock. */
  readonly at: number;
  readonly #room: string;
  readonly #members: readonly PairingMember[];
  readonly #context: PairingContext;
  #splice: Splice | undefined;

  /** @param members the sender first */
  constructor(room: string, members: readonly PairingMember[], context: PairingContext) {
    this.at = context.now();
    this.#room = room;
    this.#members = members;
    this.#context = context;
  }

  /** Tells everybody, and moves their bytes. Resolves when the pairing is counted; its bytes do not wait for that. */
  async start(): Promise<void> {
    const { rooms, guard, observer, settings, share, costs, now, hangUp } = this.#context;
    const waits = this.#members.map((member) => member.pair(this));
    const [sender, ...receivers] = this.#members;
    if (sender === undefined) return;
    observer.paired(waits, sender.sender);
    this.#splice = new Splice(
      sender.link,
      receivers.map(({ link }) => link),
      {
        idleTimeoutMs: settings.idleTimeoutMs,
        stallTimeoutMs: settings.stallTimeoutMs,
        share,
        meter: costs.meter(payerOf(sender.sender, sender.source), rooms.find(this.#room)),
        now,
        hangUp,
        onRelayed: (direction, bytes) => observer.relayed(direction, bytes, sender.sender),
        onDropped: (link) => this.#members.find((member) => member.link === link)?.unpair(),
        onOver: (cause) => this.#over(cause),
      },
    );
    await guard.paired(
      this.#room,
      this.#members.flatMap((member) => member.source ?? []),
    );
  }

  /** Ends it for everyone, whatever is on its way. */
  stop(reason: EndReason): void {
    this.#splice?.stop(reason);
  }

  /** A newcomer has the place of this one. */
  lose(link: Link): void {
    this.#splice?.lose(link);
  }

  #over(cause: EndReason): void {
    const { rooms, observer, now } = this.#context;
    // Such a room is not held: it would come to the same limit.
    if (isCostLimit(cause)) rooms.close(this.#room);
    for (const member of this.#members) member.unpair();
    observer.unpaired(now() - this.at);
  }
}
