import type { Socket } from 'node:net';
import { createGuard } from '../guard/create-guard.js';
import type { DailyCounts } from '../quotas/daily-counts.js';
import { sourceOf } from '../guard/source.js';
import { BufferPool } from './wire/bulk/buffer-pool.js';
import { Census } from './entrance/census.js';
import { Connection, unadmitted } from './connection.js';
import type { Authorize, ConnectionContext } from './context.js';
import { Costs } from './costs/costs.js';
import { createEntrance, type EntranceOptions } from './entrance/entrance.js';
import type { Certificate } from './entrance/tls.js';
import type { Guest } from './guest.js';
import type { HandoverChannel } from './handover/channel.js';
import { Succession } from './handover/succession.js';
import { type Janitor, startJanitor } from './rooms/janitor.js';
import { Listener, type RelayAddress } from './listener.js';
import { SOCKET_BUFFER_BYTES } from './wire/tcp.js';
import { type Observer, silentObserver } from './observer.js';
import { placesForRefused } from './open-files.js';
import { createOperator, type Operator } from './operator.js';
import { type RelayOptions, resolveSettings } from './options.js';
import { ReadTurns } from './wire/bulk/read-turns.js';
import type { RoomState } from './rooms/states.js';
import { alone, type Directory } from './rooms/directory.js';
import { RoomNames } from './rooms/names.js';
import { Rooms } from './rooms/rooms.js';

/** See `lingerMs`. */
const LINGER_MS = 2_000;

/** How long the last words have when the grace is over, in milliseconds. */
const LAST_WORDS_MS = 250;

/** Refused connections of one source that may stay open for a moment. */
const REFUSED_PER_SOURCE = 32;

const PLAIN_READS =
  'large reads are off, bulk transfers cost more CPU: this Node.js has no way to read into buffers of ours';

export interface CloseOptions {
  /** How long pairings may go on, in milliseconds. Default: the relay's `shutdownGraceMs`. */
  readonly graceMs?: number;
}

export interface StartOptions {
  /** A listening socket that is open already, of a service manager or of the process before. */
  readonly fd?: number | undefined;
  /** A relay in another process, which hands its rooms and clients over. */
  readonly predecessor?: HandoverChannel | undefined;
  /**
   * Opens what this relay and its predecessor cannot both have. Called when that one has given it up, before it hands anything
   * over: where this rejects, `start` does, and the predecessor goes on with all that it has.
   */
  readonly prepare?: (() => Promise<void>) | undefined;
}

export interface Relay extends Operator, AsyncDisposable {
  /**
   * Listens.
   * @returns where: the port is the one that the system chose, where 0 was asked for.
   * @throws the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`…) where it cannot, and where it is closed before.
   */
  start(options?: StartOptions): Promise<RelayAddress>;
  /** Where it listens; undefined before `start` and after `close`. */
  readonly address: RelayAddress | undefined;
  /** The file descriptor of its listening socket, for a successor to inherit. Undefined as `address` is. */
  readonly fd: number | undefined;
  /** Rooms by state, now. */
  readonly rooms: Readonly<Record<RoomState, number>>;
  /** It is closing: nobody new gets in. */
  readonly draining: boolean;
  /**
   * Hands every room and client over to a relay in another process that listens on the same socket, but for the pairings:
   * `close` then lets those finish. Resolves when the other one listens. To be called when that one has said its first word,
   * and what two processes cannot both have is given up.
   * @throws where it ended before; then this one goes on, without what it had sent already.
   */
  handOver(channel: HandoverChannel): Promise<void>;
  /**
   * Shows another certificate to who connects from now on.
   * @throws where it cannot be used, which leaves the old one, or where the relay takes no TLS.
   */
  renewCertificate(certificate: Certificate): void;
  /**
   * Stops listening, tells everyone who waits, lets pairings finish within the grace, and ends the rest.
   * Resolves when every connection is closed. Called again, it may shorten the grace.
   */
  close(options?: CloseOptions): Promise<void>;
}

export interface CreateRelayOptions extends RelayOptions, EntranceOptions {
  /**
   * Whose token this is; undefined where it is nobody's. With it, a sender that shows no token of somebody's is refused;
   * without it, everybody may send. Asked for each sender, also one that comes back. Must return at once and keep nothing.
   */
  readonly authorize?: Authorize | undefined;
  /** Counts the bytes of `dailyQuotaBytes`. Default: in this relay's memory, so that a restart gives quotas anew. */
  readonly dailyCounts?: DailyCounts | undefined;
  /** Says which relay has which room. Default: this one has all. */
  readonly directory?: Directory | undefined;
  /** How long a client has to close its side after it was sent all there is, in milliseconds. Default: 2 seconds. */
  readonly lingerMs?: number;
  /** Is told of connections, pairings and bytes. */
  readonly observer?: Observer;
  /** Is told of faults that are nobody's connection: a failed accept, a bug. Default: they are thrown. */
  readonly onFault?: (error: Error) => void;
  /** Is told, once, of what works less well than it could here. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * A relay that pairs clients by code and moves their bytes. It does nothing before `start`.
 *
 * @throws {RangeError} where a setting is no whole number of its range, or a network is none.
 * @throws {Error} where a certificate and its key cannot be used.
 */
export function createRelay({
  authorize,
  dailyCounts,
  lingerMs = LINGER_MS,
  observer = silentObserver,
  onFault,
  onNotice = () => undefined,
  dialects,
  directory = alone,
  proxyProtocol,
  tls,
  ...options
}: CreateRelayOptions = {}): Relay {
  const settings = resolveSettings(options);
  const entrance = createEntrance({ proxyProtocol, tls, dialects }, { highWaterMark: SOCKET_BUFFER_BYTES });
  const now = (): number => performance.now();
  const fault = onFault ?? rethrow;
  const own: Directory = {
    place: (room) => directory.place(room),
    release(room) {
      // A room that goes to another process stays where the directory has it.
      if (!succession.hasSuccessor) directory.release(room);
    },
  };
  const rooms = new Rooms<Guest>({
    ...settings,
    now,
    onPairingOver: (room) => succession.pairingOver(room),
    onGone: (room) => own.release(room),
  });
  const names = new RoomNames();
  const guard = createGuard(settings, { now, onLockout: () => observer.lockedOut() });
  const turns = new ReadTurns();
  const connections = new Set<Connection>();
  let draining = false;
  let janitor: Janitor | undefined;
  let closed: Promise<void> | undefined;
  let cutTimer: NodeJS.Timeout | undefined;
  let onLastGone: () => void = () => undefined;
  const tellIfGone = (): void => {
    if (draining && connections.size === 0 && succession.pairings === 0) onLastGone();
  };
  const context: ConnectionContext = {
    settings,
    rooms,
    guard,
    authorize,
    share: {
      pool: new BufferPool(settings.bufferMemoryMiB * 2 ** 20, () => onNotice(PLAIN_READS)),
      turns,
    },
    costs: new Costs({ ...settings, dailyCounts, now }),
    census: new Census(settings),
    refusals: new Census({
      maxConnections: placesForRefused(settings.maxConnections),
      maxConnectionsPerIp: REFUSED_PER_SOURCE,
    }),
    entrance,
    observer,
    names,
    directory: own,
    now,
    hangUp: { lingerMs, now },
    isDraining: () => draining,
    onFault: (error) => fault(asError(error)),
  };
  const gone = (connection: Connection): void => {
    connections.delete(connection);
    tellIfGone();
  };

  const welcome = (socket: Socket, source?: string): Connection => {
    const connection = new Connection(socket, context, gone, source);
    connections.add(connection);
    observer.connectionOpened();
    return connection;
  };
  const serve = (connection: Connection): void => {
    connection.serve().catch((error: unknown) => {
      connection.abort();
      fault(asError(error));
    });
  };
  const succession = new Succession({
    rooms,
    names,
    now,
    connections,
    welcome(socket, source) {
      listener.count(socket);
      const connection = welcome(socket, source);
      return {
        adopt: (client, seat, deadline) => connection.adopt(client, seat, deadline),
        serve: () => serve(connection),
      };
    },
    isDraining: () => draining,
    onPairingOver: tellIfGone,
  });

  const listener = new Listener({
    onConnection(socket) {
      if (succession.forward(socket)) return;
      turns.hurry();
      serve(welcome(socket));
    },
    onDropped(remoteAddress) {
      observer.connectionOpened();
      observer.connectionEnded(unadmitted(sourceOf(remoteAddress), 'server-full'));
    },
    onFault: fault,
  });

  const cut = (): void => {
    succession.leavePredecessor();
    for (const connection of connections) connection.cut();
    // What does not take its last words in time is not waited for.
    cutTimer = setTimeout(() => {
      for (const connection of connections) connection.abort();
    }, LAST_WORDS_MS);
  };
  let cutAt = Infinity;
  const cutIn = (graceMs: number): void => {
    if (now() + graceMs >= cutAt) return;
    cutAt = now() + graceMs;
    clearTimeout(cutTimer);
    if (graceMs === 0) cut();
    else cutTimer = setTimeout(cut, graceMs);
  };

  return {
    ...createOperator({ rooms, guard, settings, now }),
    async start({ fd, predecessor, prepare = () => Promise.resolve() } = {}) {
      if (predecessor !== undefined) await succession.takeOver(predecessor, prepare);
      if (draining) throw new Error('closed before it listened');
      const address = await listener.listen(
        fd === undefined ? { port: settings.port, host: settings.host } : { fd },
      );
      succession.listening();
      janitor = startJanitor(rooms, settings.cleanupIntervalMs, ({ handle, why }) => handle.evict(why));
      return address;
    },
    get address() {
      return listener.address;
    },
    get fd() {
      return listener.fd;
    },
    get rooms() {
      return rooms.counts();
    },
    get draining() {
      return draining;
    },
    handOver: (channel) => succession.handOver(channel),
    renewCertificate(certificate) {
      if (entrance.tls === undefined) throw new Error('this relay takes no TLS');
      entrance.tls.renew(certificate);
    },
    close({ graceMs = settings.shutdownGraceMs } = {}) {
      if (!draining) {
        draining = true;
        janitor?.stop();
        const allGone = new Promise<void>((resolve) => {
          onLastGone = resolve;
          tellIfGone();
        });
        closed = listener.close().then(() => allGone);
        for (const connection of connections) connection.drain();
      }
      cutIn(graceMs);
      return Promise.resolve(closed).finally(() => {
        clearTimeout(cutTimer);
        succession.close();
      });
    },
    async [Symbol.asyncDispose]() {
      await this.close({ graceMs: 0 });
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function rethrow(error: Error): void {
  throw error;
}
