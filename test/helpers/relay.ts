import {
  createRelay,
  type ConnectionRecord,
  type CreateRelayOptions,
  type Observer,
  type Relay,
} from '../../src/index.js';
import { silentObserver } from '../../src/relay/observer.js';
import { Client, type ConnectOptions } from './client.js';
import { eventually } from './eventually.js';

/** A relay in this process, with limits that no test meets by chance, and what it told its observer. */
export interface TestRelay extends AsyncDisposable {
  readonly relay: Relay;
  readonly port: number;
  /** Every connection that is over, in the order of their ends. */
  readonly records: ConnectionRecord[];
  readonly faults: Error[];
  /** Connections that are open, as the relay sees it. */
  readonly open: () => number;
  connect(line?: string | Buffer, options?: ConnectOptions): Promise<Client>;
  /** Connects, waits until the relay hangs up, and closes: all that it said. */
  ask(line: string | Buffer, options?: ConnectOptions): Promise<string>;
  /** Connects both and waits until they are paired; both lines must ask for `status`, or write something. */
  pair(
    code: string,
    senderOptions?: string,
    receiverOptions?: string,
  ): Promise<{ sender: Client; receiver: Client }>;
  /** Waits until no connection and no room is left. */
  untilEmpty(): Promise<void>;
  untilRooms(rooms: Partial<Relay['rooms']>): Promise<void>;
}

/** Shorter than a relay's own: most tests hold no client to it that does not close. */
const LINGER_MS = 500;

export async function startRelay(options: CreateRelayOptions = {}): Promise<TestRelay> {
  const records: ConnectionRecord[] = [];
  const faults: Error[] = [];
  const clients = new Set<Client>();
  let open = 0;
  const observer: Observer = {
    ...silentObserver,
    ...options.observer,
    connectionOpened() {
      open += 1;
      options.observer?.connectionOpened();
    },
    connectionEnded(record) {
      open -= 1;
      records.push(record);
      options.observer?.connectionEnded(record);
    },
  };
  const relay = createRelay({
    port: 0,
    host: '127.0.0.1',
    rateLimitIp: 0,
    rateLimitCode: 0,
    maxConnectionsPerIp: 0,
    lingerMs: LINGER_MS,
    onFault: (error) => faults.push(error),
    ...options,
    observer,
  });
  const { port } = await relay.start();

  const connect = async (line?: string | Buffer, connectOptions: ConnectOptions = {}): Promise<Client> => {
    const client = await Client.connect(port, { ...connectOptions, ...(line !== undefined && { line }) });
    clients.add(client);
    client.socket.once('close', () => clients.delete(client));
    return client;
  };
  const untilRooms: TestRelay['untilRooms'] = (rooms) =>
    eventually(() => {
      for (const [state, count] of Object.entries(rooms)) {
        if (relay.rooms[state as keyof Relay['rooms']] !== count)
          throw new Error(`rooms: ${JSON.stringify(relay.rooms)}`);
      }
    });

  return {
    relay,
    port,
    records,
    faults,
    open: () => open,
    connect,
    ask: async (line, connectOptions) => (await connect(line, connectOptions)).finish(),
    async pair(code, senderOptions = '', receiverOptions = '') {
      const before = relay.rooms.paired;
      const sender = await connect(`${code}:sender${senderOptions}\n`);
      await eventually(() => {
        if (relay.rooms.waiting === 0) throw new Error('the sender has no room yet');
      });
      const receiver = await connect(`${code}:receiver${receiverOptions}\n`);
      await untilRooms({ paired: before + 1 });
      return { sender, receiver };
    },
    untilRooms,
    async untilEmpty() {
      await eventually(() => {
        const rooms = relay.rooms;
        const left = open + rooms.waiting + rooms.paired + rooms.held;
        if (left > 0) throw new Error(`left over: ${open} connections, rooms ${JSON.stringify(rooms)}`);
      });
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client[Symbol.dispose]();
      await relay.close({ graceMs: 0 });
      if (faults.length > 0) throw faults[0]!;
    },
  };
}
