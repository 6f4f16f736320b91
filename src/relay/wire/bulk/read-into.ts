import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Where a socket's reads go. */
export interface ReadTarget {
  /**
   * So many bytes stand at the start of the buffer that was given last.
   * @returns false to read no more until the socket is resumed.
   */
  take(bytes: number): boolean;
  /** The buffer for the next read; asked for after each `take`. The socket may write to it from then on. */
  next(): Buffer;
}

type Slot = Record<symbol, unknown>;

interface Slots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/**
 * Lets a socket that is already open read into buffers of ours, as `net.connect({ onread })` does for one that is
 * to be opened. Node has no public call for it (v20 to v26), so the three slots that `onread` fills are looked for in
 * a socket made for that. Reading then stops and goes on by `pause()` and `resume()`, and FIN still comes as 'end'.
 *
 * @returns false, with nothing changed, where this Node's sockets are made otherwise.
 */
export function readInto(socket: Socket, first: Buffer, target: ReadTarget): boolean {
  if (SLOTS === undefined || !aim(socket, first)) return false;
  const slots = socket as unknown as Slot;
  slots[SLOTS.callback] = (bytes: number) => target.take(bytes);
  slots[SLOTS.generator] = () => target.next();
  return true;
}

/**
 * Gives such a socket another buffer for its next read. Each call costs some 50 bytes until the socket is closed: not
 * for every read.
 */
export function aim(socket: Socket, buffer: Buffer): boolean {
  const { _handle: handle } = socket as unknown as {
    _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null;
  };
  if (SLOTS === undefined || typeof handle?.useUserBuffer !== 'function') return false;
  handle.useUserBuffer(buffer);
  (socket as unknown as Slot)[SLOTS.buffer] = buffer;
  return true;
}

const SLOTS = findSlots();

function findSlots(): Slots | undefined {
  const bytes = Buffer.alloc(1);
  const callback = (): boolean => true;
  const generate = (): Buffer => bytes;
  const fixed = socketWith({ buffer: bytes, callback });
  const generated = socketWith({ buffer: generate, callback });
  const found = {
    buffer: slotOf(fixed, bytes),
    callback: slotOf(fixed, callback),
    generator: slotOf(generated, generate),
  };
  const plain = Object.getOwnPropertySymbols(new Socket());
  const isWhole = Object.values(found).every((slot) => slot !== undefined && plain.includes(slot));
  return isWhole ? (found as Slots) : undefined;
}

/** Documented for `net.connect`, and left out of the types of the constructor that it hands it to. */
function socketWith(onread: OnReadOpts): Socket {
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread };
  return new Socket(options);
}

function slotOf(socket: Socket, value: unknown): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find((slot) => Reflect.get(socket, slot) === value);
}
