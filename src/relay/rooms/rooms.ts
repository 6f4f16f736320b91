import { MAX_RECEIVERS } from '../../protocol/limits.js';
import {
  type Admission,
  type Eviction,
  type FoundRoom,
  type Joining,
  mayReplace,
  type Member,
  members,
  type Refused,
  type Room,
} from './room.js';
import { type RoomFact, type RoomState, TRANSITIONS } from './states.js';

export interface RoomsOptions {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly abandonAfterMs: number;
  readonly retryWindowMs: number;
  /** A pairing is over, whatever its room is from now on. */
  readonly onPairingOver?: (room: Readonly<Room<unknown>>) => void;
  /** There is no room of this name any more. */
  readonly onGone?: (name: string) => void;
}

/**
 * The registry of rooms: who is in which room, and what a newcomer, a departure or the clock makes of it.
 * It decides and touches nothing: handles are opaque, and what happened is returned for the caller to act on.
 * A handle joins one room, once.
 */
export class Rooms<Handle> {
  readonly #options: RoomsOptions;
  readonly #byName = new Map<string, Room<Handle>>();
  readonly #roomOf = new Map<Handle, Room<Handle>>();
  /** Rooms of one state, the earliest deadline first: all of them have the same time to live. */
  readonly #byState: Readonly<Record<RoomState, Set<Room<Handle>>>> = {
    waiting: new Set(),
    paired: new Set(),
    held: new Set(),
  };

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  /** Asks for a place in the room of this name, which is opened where there is none: by a receiver, only if it waits. */
  join(name: string, handle: Handle, joining: Joining): Admission<Handle> {
    const evicted = this.#expireIfDue(name);
    const found = this.#byName.get(name);
    if (found === undefined && joining.role === 'receiver' && !joining.wait)
      return { kind: 'refused', why: 'no-room', evicted };
    if (found !== undefined && found.key !== joining.key)
      return { kind: 'refused', why: 'wrong-key', evicted };
    const room = found ?? this.#open(name, joining.key);
    const isSender = joining.role === 'sender' || (joining.role === 'either' && room.sender === undefined);
    const why = isSender
      ? this.#seatSender(room, handle, joining, evicted)
      : this.#seatReceiver(room, handle, joining, evicted);
    if (why !== undefined) return { kind: 'refused', why, evicted };
    this.#roomOf.set(handle, room);
    return this.#settle(room, evicted);
  }

  /**
   * Takes exactly this member out; its siblings stay. A pairing that loses its sender or its last receiver
   * is over, and everyone is out of it. Unknown handles, and those already out, change nothing.
   */
  unregister(handle: Handle): void {
    const room = this.#roomOf.get(handle);
    if (room === undefined) return;
    this.#remove(room, handle);
    if (room.state === 'paired') {
      if (room.sender === undefined || room.receivers.length === 0) this.#end(room);
    } else if (room.sender === undefined && room.receivers.length === 0) {
      this.#apply(room, 'emptied');
    }
  }

  /**
   * Removes rooms whose time is up, at most `limit` of them, and returns their members.
   * `more`: there are others; call again.
   */
  expire(limit = Infinity): { readonly evicted: readonly Eviction<Handle>[]; readonly more: boolean } {
    const evicted: Eviction<Handle>[] = [];
    let removed = 0;
    for (const state of ['waiting', 'held'] as const) {
      for (const room of this.#byState[state]) {
        if (!this.#isDue(room)) break;
        if (removed === limit) return { evicted, more: true };
        removed += 1;
        evicted.push(...this.#clear(room, 'expired', 'room-expired'));
      }
    }
    return { evicted, more: false };
  }

  /** The room of this name: waiting, paired or held, and not out of time. */
  find(name: string): FoundRoom<Handle> | undefined {
    const room = this.#byName.get(name);
    return room !== undefined && !this.#isDue(room) ? room : undefined;
  }

  isLive(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** Removes a room, whatever its state, and returns its members. */
  close(name: string): readonly Eviction<Handle>[] {
    const room = this.#byName.get(name);
    return room === undefined ? [] : this.#clear(room, 'closed', 'room-closed');
  }

  /** The rooms there are now, the paired ones first, of each state the earliest deadline first; a copy. */
  all(): readonly Readonly<Room<Handle>>[] {
    const { paired, waiting, held } = this.#byState;
    // Each set is copied as a whole: with a hundred thousand rooms, one by one takes far longer.
    return [...paired].concat([...waiting], [...held]);
  }

  /**
   * Goes on with a room of another registry, as it was there. Its name must be a new one here.
   * It has no more time than a room of its state has here, so that the earliest deadline stays first.
   */
  restore(room: Readonly<Room<Handle>>): void {
    const { now, abandonAfterMs, retryWindowMs } = this.#options;
    const longest = now() + (room.state === 'held' ? retryWindowMs : abandonAfterMs);
    const restored = {
      ...room,
      deadline: Math.min(room.deadline, longest),
      receivers: [...room.receivers],
    };
    this.#byName.set(room.name, restored);
    this.#byState[room.state].add(restored);
    for (const { handle } of members(restored)) this.#roomOf.set(handle, restored);
  }

  sender(name: string): Handle | undefined {
    return this.#byName.get(name)?.sender?.handle;
  }

  /** The room's receivers in the order in which they came; a copy. */
  receivers(name: string): Handle[] {
    return this.#byName.get(name)?.receivers.map((member) => member.handle) ?? [];
  }

  counts(): Record<RoomState, number> {
    const { waiting, paired, held } = this.#byState;
    return { waiting: waiting.size, paired: paired.size, held: held.size };
  }

  #seatSender(
    room: Room<Handle>,
    handle: Handle,
    joining: Joining,
    evicted: Eviction<Handle>[],
  ): Refused | undefined {
    if (room.sender !== undefined) {
      if (!mayReplace(room, 'sender', joining)) return 'code-in-use';
      evicted.push(this.#replace(room, room.sender));
    }
    room.sender = { handle, retry: joining.retry };
    room.capacity = joining.receivers;
    evicted.push(...this.#dropSurplus(room, joining.receivers));
    return undefined;
  }

  #seatReceiver(
    room: Room<Handle>,
    handle: Handle,
    joining: Joining,
    evicted: Eviction<Handle>[],
  ): Refused | undefined {
    const oldest = room.receivers[0];
    if (oldest !== undefined && room.receivers.length >= (room.capacity ?? MAX_RECEIVERS)) {
      if (!mayReplace(room, 'receiver', joining)) return 'room-full';
      evicted.push(this.#replace(room, oldest));
    } else if (room.state === 'paired') {
      // One of several receivers was lost. A newcomer has missed the stream's beginning.
      return 'room-full';
    }
    room.receivers.push({ handle, retry: joining.retry });
    return undefined;
  }

  #open(name: string, key: string | undefined): Room<Handle> {
    const room: Room<Handle> = {
      name,
      key,
      state: 'waiting',
      deadline: this.#options.now() + this.#options.abandonAfterMs,
      retry: false,
      capacity: undefined,
      sender: undefined,
      receivers: [],
      tab: undefined,
    };
    this.#byName.set(name, room);
    this.#byState.waiting.add(room);
    return room;
  }

  /** After somebody came: complete, or not yet. */
  #settle(room: Room<Handle>, evicted: readonly Eviction<Handle>[]): Admission<Handle> {
    const { sender, receivers, capacity } = room;
    if (sender === undefined || receivers.length !== capacity) {
      return { kind: 'waiting', deadline: room.deadline, evicted };
    }
    room.retry ||= [sender, ...receivers].some((member) => member.retry);
    this.#apply(room, 'completed');
    return {
      kind: 'paired',
      sender: sender.handle,
      receivers: receivers.map(({ handle }) => handle),
      evicted,
    };
  }

  /** Ends the connection whose place a newcomer takes; of a paired room, the whole pairing. */
  #replace(room: Room<Handle>, old: Member<Handle>): Eviction<Handle> {
    if (room.state === 'paired') {
      room.retry = true;
      this.#end(room);
    } else {
      this.#remove(room, old.handle);
    }
    return { handle: old.handle, why: 'lost' };
  }

  /**
   * Receivers that came before their sender, and are more than it wants. Who came first stays; but where a
   * later one could have replaced an earlier one, had the number been known, it does so now.
   */
  #dropSurplus(room: Room<Handle>, capacity: number): Eviction<Handle>[] {
    const evicted: Eviction<Handle>[] = [];
    const kept: Member<Handle>[] = [];
    for (const member of room.receivers) {
      if (kept.length < capacity) {
        kept.push(member);
        continue;
      }
      const replaced = member.retry && room.key !== undefined ? kept.shift() : undefined;
      if (replaced === undefined) {
        evicted.push({ handle: member.handle, why: 'room-full' });
      } else {
        kept.push(member);
        evicted.push({ handle: replaced.handle, why: 'lost' });
      }
    }
    for (const { handle } of evicted) this.#remove(room, handle);
    return evicted;
  }

  /** The pairing is over: everyone is out, and the room is held or gone. */
  #end(room: Room<Handle>): void {
    for (const member of members(room)) this.#remove(room, member.handle);
    room.deadline = this.#options.now() + this.#options.retryWindowMs;
    this.#apply(room, room.retry ? 'suspended' : 'ended');
  }

  #remove(room: Room<Handle>, handle: Handle): void {
    this.#roomOf.delete(handle);
    if (room.sender?.handle === handle) room.sender = undefined;
    room.receivers = room.receivers.filter((member) => member.handle !== handle);
    // What a sender asked for goes with it, unless the room was complete once.
    if (room.sender === undefined && room.state === 'waiting') room.capacity = undefined;
  }

  #isDue(room: Room<Handle>): boolean {
    return room.state !== 'paired' && this.#options.now() >= room.deadline;
  }

  /** A room past its deadline is gone for a newcomer, whenever the next cleanup comes. */
  #expireIfDue(name: string): Eviction<Handle>[] {
    const room = this.#byName.get(name);
    return room !== undefined && this.#isDue(room) ? this.#clear(room, 'expired', 'room-expired') : [];
  }

  /** Everybody is out, and the room is gone. */
  #clear(room: Room<Handle>, fact: RoomFact, why: Eviction<Handle>['why']): Eviction<Handle>[] {
    const evicted = members(room).map(({ handle }) => ({ handle, why }));
    for (const { handle } of evicted) this.#remove(room, handle);
    this.#apply(room, fact);
    return evicted;
  }

  #apply(room: Room<Handle>, fact: RoomFact): void {
    const { state, name } = room;
    const next = TRANSITIONS[state][fact];
    if (next === state) return;
    this.#byState[state].delete(room);
    if (next === 'gone') {
      this.#byName.delete(name);
    } else {
      room.state = next;
      this.#byState[next].add(room);
    }
    if (state === 'paired') this.#options.onPairingOver?.(room);
    if (next === 'gone') this.#options.onGone?.(name);
  }
}
