import { formatHandshake } from '../../protocol/handshake.js';
import type { Context } from '../context.js';
import { formatFrame } from '../channel/frames.js';
import type { OwnSide } from './private-way.js';
import { type PrivateRoom, partingNote } from '../keys/private-room.js';
import { atMost, within } from '../within.js';
import { utf8 } from '../bytes.js';

/** A side that ends waits no longer for the relay, in milliseconds. */
const PATIENCE_MS = 3_000;

/** A relay that had to be told more would have closed by then. In milliseconds. */
const TAKE_MS = 500;

/**
 * Tells the other side that this one has ended, whenever it comes back to the private room. Without `status` a relay keeps
 * what a member wrote and its end for as long as the room is held, also when that member's program is gone.
 *
 * @throws where the relay cannot be reached in time
 */
export async function leaveNote(
  room: PrivateRoom,
  { side, token }: OwnSide,
  { relay, platform }: Pick<Context, 'relay' | 'platform'>,
): Promise<void> {
  await within(
    PATIENCE_MS,
    () => new Error('The relay does not answer.'),
    undefined,
    platform,
    async (signal) => {
      const line = await relay.dial(signal);
      const own = side === 'sender' ? { token } : { wait: true };
      const request = { code: room.room, key: room.key, role: side, retry: true, ...own };
      line
        .write([utf8(formatHandshake(request)), formatFrame(partingNote(room, side))])
        .catch(() => undefined);
      void line.end();
      await atMost(TAKE_MS, line.closed, platform);
      // What is on its way goes out: what was read leaves nothing for a reset to answer.
      line.abandon();
    },
  );
}
