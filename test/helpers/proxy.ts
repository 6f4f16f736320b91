import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Lane } from './lane.js';
import { type Direction, resetsAfter, seeded, type Toxic, Toxics } from './toxics.js';

export interface ProxyOptions {
  /** What becomes of a chunk on its way; the connection's number counts from 1. Undefined: it is swallowed. */
  readonly change?: (chunk: Buffer, where: Where) => Buffer | undefined;
  /** What is wrong with the line from the beginning, both ways. */
  readonly toxics?: readonly Toxic[];
  /** Jitter and slices are the same for the same seed and the same chunks. */
  readonly seed?: number;
  /** The address that it connects from. */
  readonly localAddress?: string;
}

export interface Where {
  readonly connection: number;
  readonly direction: Direction;
  /** Bytes that went this way before it. */
  readonly offset: number;
  /** A FIN behind what went this way so far; nothing follows it. */
  readonly end: () => void;
}

/** A line between a client and its relay that does what lines do: it is slow, it is cut, it lies. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Where it leads from now on. */
  target: number;
  /** Connections so far. */
  readonly count: () => number;
  /** What came out of the last connection this way: bytes, and whether a FIN stood behind them. */
  readonly out: (direction: Direction) => { readonly passed: number; readonly isFinished: boolean };
  /** Makes the line worse for all connections, now and to come; what it returns takes that back. */
  add(toxic: Toxic, direction?: Direction | 'both'): () => void;
  /** Resets every connection there is. */
  cut(): void;
}

export async function startProxy(
  target: number,
  { change = (chunk) => chunk, toxics: initial = [], seed = 1, localAddress }: ProxyOptions = {},
): Promise<Proxy> {
  const toxics = new Toxics();
  const resets = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  let connections = 0;
  let lanes: Readonly<Record<Direction, Lane>> | undefined;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    connections += 1;
    const connection = connections;
    const far = connect({
      ...{ port: proxy.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true },
      ...(localAddress !== undefined && { localAddress }),
    });
    const reset = (): void => {
      for (const lane of [up, down]) lane.close();
      for (const socket of [near, far]) resetSocket(socket);
      resets.delete(reset);
    };
    const laneOf = (from: Socket, to: Socket, direction: Direction): Lane =>
      new Lane({
        ...{ from, to, direction, toxics, reset },
        random: seeded(seed * 1000 + connection * 2 + (direction === 'up' ? 0 : 1)),
        change: (chunk, offset, end) => change(chunk, { connection, direction, offset, end }),
      });
    const up = laneOf(near, far, 'up');
    const down = laneOf(far, near, 'down');
    lanes = { up, down };
    resets.add(reset);
    const closeWhenBothAre = (): void => {
      if (near.closed && far.closed) reset();
    };
    near.once('close', closeWhenBothAre);
    far.once('close', closeWhenBothAre);
    for (const ms of toxics.resets()) resetLater(ms, [reset]);
  });

  const resetLater = (ms: number, which: Iterable<() => void>): (() => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      for (const reset of [...which]) reset();
    }, ms);
    timers.add(timer);
    return () => clearTimeout(timer);
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    target,
    count: () => connections,
    out: (direction) => lanes?.[direction] ?? { passed: 0, isFinished: false },
    add(toxic, direction = 'both') {
      const remove = toxics.add(toxic, direction);
      const ms = resetsAfter(toxic);
      if (ms === undefined) return remove;
      const calmDown = resetLater(ms, resets);
      return () => {
        calmDown();
        remove();
      };
    },
    cut() {
      for (const reset of [...resets]) reset();
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      proxy.cut();
      server.close();
      await once(server, 'close');
    },
  };
  for (const toxic of initial) proxy.add(toxic);
  return proxy;
}

/** While a FIN is on its way, libuv refuses to reset, and Node would then never close the socket. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
