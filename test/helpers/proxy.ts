import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface ProxyOptions {
  /** What becomes of a chunk on its way; the connection's number counts from 1. Undefined: it is swallowed. */
  readonly change?: (chunk: Buffer, where: Where) => Buffer | undefined;
  /** How long each chunk of up to 64 KiB takes, in milliseconds. */
  readonly delayMs?: number;
}

export interface Where {
  readonly connection: number;
  readonly direction: 'up' | 'down';
  /** Bytes that went this way before it. */
  readonly offset: number;
  /** A FIN behind what went this way so far; nothing follows it. */
  readonly end: () => void;
}

/** A line between a tool and its relay that does what lines do: it is cut, it lies. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Where it leads from now on. */
  target: number;
  /** Connections so far. */
  readonly count: () => number;
  /** Resets every connection there is. */
  cut(): void;
  /** Resets the connection once so many bytes have gone through it, both ways together; undefined: never again. */
  cutAfter: number | undefined;
}

export async function startProxy(
  target: number,
  { change = (chunk) => chunk, delayMs = 0 }: ProxyOptions = {},
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    connections += 1;
    const connection = connections;
    const far = connect({ port: proxy.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    let through = 0;
    const reset = (): void => {
      near.resetAndDestroy();
      far.resetAndDestroy();
    };
    for (const [from, to, direction] of [
      [near, far, 'up'],
      [far, near, 'down'],
    ] as const) {
      let offset = 0;
      let isOver = false;
      const end = (): void => {
        isOver = true;
      };
      const later = (pass: () => void): void => {
        if (delayMs === 0) return pass();
        from.pause();
        setTimeout(() => {
          from.resume();
          pass();
        }, delayMs);
      };
      sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        const limit = proxy.cutAfter;
        if (isOver) return;
        const passed = limit === undefined ? chunk : chunk.subarray(0, Math.max(0, limit - through));
        through += chunk.length;
        const changed =
          passed.length === 0 ? undefined : change(passed, { connection, direction, offset, end });
        offset += chunk.length;
        later(() => {
          if (changed !== undefined && to.writable && !to.write(changed)) {
            from.pause();
            to.once('drain', () => from.resume());
          }
          if (isOver) to.end();
        });
        if (limit !== undefined && through >= limit) to.write('', reset);
      });
      from.on('end', () => later(() => to.end()));
      from.on('error', reset);
      from.on('close', () => sockets.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    target,
    cutAfter: undefined,
    count: () => connections,
    cut() {
      for (const socket of [...sockets]) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      proxy.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
