import type { ConnectionContext } from '../context.js';
import { payerOf } from '../costs/costs.js';
import { isCostLimit } from '../costs/meter.js';
import type { Guest } from '../rooms/guest.js';
import type { Link } from './link.js';
import { Splice } from './splice.js';

/** Who can be paired. */
export interface PairingMember extends Guest {
  readonly source: string | undefined;
  /** Whose token it showed. */
  readonly sender: string | undefined;
  readonly link: Link | undefined;
  /** It waits no longer. Gives how long it did, in milliseconds. */
  startPairing(at: number): number;
  /** Its bytes go through this from now on. */
  carriedBy(splice: Splice): void;
  /** It is out of the pairing, and of the room. */
  endPairing(): void;
}

/** Pairs the members of a complete room, the sender first. */
export async function startPairing(
  room: string,
  members: readonly PairingMember[],
  { rooms, guard, observer, settings, share, costs, now, hangUp }: ConnectionContext,
): Promise<void> {
  const pairedAt = now();
  const waits = members.map((member) => member.startPairing(pairedAt));
  const [sender, ...receivers] = members.flatMap((member) => member.link ?? []);
  const payer = members[0];
  if (sender === undefined || payer === undefined) return;
  observer.paired(waits, payer.sender);
  const splice = new Splice(sender, receivers, {
    idleTimeoutMs: settings.idleTimeoutMs,
    stallTimeoutMs: settings.stallTimeoutMs,
    hangUp,
    share,
    meter: costs.meter(payerOf(payer.sender, payer.source), rooms.find(room)),
    now,
    onRelayed: (direction, bytes) => observer.relayed(direction, bytes, payer.sender),
    onDropped: (link) => members.find((member) => member.link === link)?.endPairing(),
    onOver: (cause) => {
      // Such a room is not held: it would come to the same limit.
      if (isCostLimit(cause)) rooms.close(room);
      for (const member of members) member.endPairing();
      observer.unpaired(now() - pairedAt);
    },
  });
  for (const member of members) member.carriedBy(splice);
  await guard.paired(
    room,
    members.flatMap((member) => member.source ?? []),
  );
}
