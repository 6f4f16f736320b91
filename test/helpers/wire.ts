import type { ProxyOptions, Where } from './proxy.js';

export interface FramePlace extends Omit<Where, 'offset'> {
  /** Frames of this connection that went this way before it. */
  readonly index: number;
}

/** What becomes of a frame, header and all; what comes out need not be frames. */
export type FrameEdit = (frame: Buffer, place: FramePlace) => readonly Buffer[];

const HEADER_BYTES = 4;

/** A change for a proxy between a sending tool and its relay that sees whole frames, and leaves the relay's lines. */
export function editFrames(edit: FrameEdit): NonNullable<ProxyOptions['change']> {
  const ways = new Map<string, { held: Buffer; index: number; isInLines: boolean }>();
  return (chunk, { connection, direction, end }) => {
    const key = `${connection} ${direction}`;
    const way = ways.get(key) ?? { held: Buffer.alloc(0), index: 0, isInLines: true };
    ways.set(key, way);
    way.held = Buffer.concat([way.held, chunk]);
    const out: Buffer[] = [];
    const take = (bytes: number): Buffer => {
      const taken = way.held.subarray(0, bytes);
      way.held = way.held.subarray(bytes);
      return taken;
    };
    while (way.isInLines && way.held.includes('\n')) {
      const line = take(way.held.indexOf('\n') + 1);
      out.push(line);
      way.isInLines = direction === 'down' && line.toString('latin1').startsWith('WAITING');
    }
    while (!way.isInLines && way.held.length >= HEADER_BYTES) {
      const isNotice = way.held[0] !== 0;
      const bytes = isNotice ? way.held.length : HEADER_BYTES + way.held.readUInt32BE();
      if (way.held.length < bytes) break;
      const frame = take(bytes);
      if (isNotice) {
        out.push(frame);
      } else {
        out.push(...edit(frame, { connection, direction, index: way.index, end }));
        way.index += 1;
      }
    }
    return out.length === 0 ? undefined : Buffer.concat(out);
  };
}

/** A copy with one bit turned over; `at` may count from the end. */
export function flipped(bytes: Buffer, at: number, bit = 0): Buffer {
  const changed = Buffer.from(bytes);
  const index = at < 0 ? bytes.length + at : at;
  changed[index] = changed[index]! ^ (1 << bit);
  return changed;
}
