import { Rooms } from '../../../src/relay/rooms/rooms.js';

export const ABANDON_AFTER_MS = 1000;
export const RETRY_WINDOW_MS = 300;

/** What a test need not say: nobody retries, shows a key or waits, and one receiver is enough. */
interface Wishes {
  readonly retry?: boolean;
  readonly key?: string;
}

/** A registry whose clock stands still until it is set. Handles are names. */
export class TestRooms extends Rooms<string> {
  readonly #clock: { now: number };

  constructor() {
    // Not zero: a clock that never goes back starts anywhere.
    const clock = { now: 5000 };
    super({ now: () => clock.now, abandonAfterMs: ABANDON_AFTER_MS, retryWindowMs: RETRY_WINDOW_MS });
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now;
  }

  advance(ms: number): void {
    this.#clock.now += ms;
  }

  send(
    name: string,
    handle: string,
    { retry = false, key, receivers = 1 }: Wishes & { receivers?: number } = {},
  ) {
    return this.join(name, handle, { role: 'sender', retry, key, wait: false, receivers });
  }

  receive(
    name: string,
    handle: string,
    { retry = false, key, wait = false }: Wishes & { wait?: boolean } = {},
  ) {
    return this.join(name, handle, { role: 'receiver', retry, key, wait, receivers: 1 });
  }

  /** Takes whichever place is free, the sender's first. */
  meet(name: string, handle: string, { retry = false, key }: Wishes = {}) {
    return this.join(name, handle, { role: 'either', retry, key, wait: false, receivers: 1 });
  }

  /** A room that is paired: handles `<name> sender` and `<name> receiver`. */
  pair(name: string, wishes: Wishes = {}): { readonly sender: string; readonly receiver: string } {
    const sender = `${name} sender`;
    const receiver = `${name} receiver`;
    this.send(name, sender, wishes);
    this.receive(name, receiver, wishes);
    return { sender, receiver };
  }

  /** A room that is held, with nobody in it. */
  hold(name: string, wishes: Wishes = {}): void {
    this.unregister(this.pair(name, { ...wishes, retry: true }).sender);
  }
}
