/**
 * The rules of rooms, as plainly as they can be said: two lists, searched from end to end each time.
 * It shares nothing with the registry but the shape of what is asked and answered.
 */

const MAX_RECEIVERS = 16;

interface Person {
  readonly handle: number;
  readonly room: string;
  readonly role: 'sender' | 'receiver';
  readonly retry: boolean;
}

interface Place {
  readonly name: string;
  readonly key: string | undefined;
  phase: 'waiting' | 'paired' | 'held';
  deadline: number;
  retry: boolean;
  wants: number | undefined;
}

export interface Newcomer {
  readonly handle: number;
  readonly room: string;
  readonly retry: boolean;
  readonly key: string | undefined;
}

export interface Out {
  readonly handle: number;
  readonly why: string;
}

export type Answer =
  | { readonly kind: 'refused'; readonly why: string; readonly evicted: Out[] }
  | { readonly kind: 'waiting'; readonly deadline: number; readonly evicted: Out[] }
  | {
      readonly kind: 'paired';
      readonly sender: number;
      readonly receivers: number[];
      readonly evicted: Out[];
    };

export class RoomsModel {
  now = 0;
  /** In the order in which they came. */
  people: Person[] = [];
  places: Place[] = [];
  readonly #abandonAfterMs: number;
  readonly #retryWindowMs: number;

  constructor(abandonAfterMs: number, retryWindowMs: number) {
    this.#abandonAfterMs = abandonAfterMs;
    this.#retryWindowMs = retryWindowMs;
  }

  senderOf(room: string): number | undefined {
    return this.people.find((person) => person.room === room && person.role === 'sender')?.handle;
  }

  receiversOf(room: string): number[] {
    return this.people
      .filter((person) => person.room === room && person.role === 'receiver')
      .map((person) => person.handle);
  }

  count(phase: Place['phase']): number {
    return this.places.filter((place) => place.phase === phase).length;
  }

  due(): Place[] {
    return this.places.filter((place) => place.phase !== 'paired' && place.deadline <= this.now);
  }

  isLive(room: string): boolean {
    return this.places.some((place) => place.name === room) && !this.due().some(({ name }) => name === room);
  }

  send({ handle, room, retry, key }: Newcomer, wants: number): Answer {
    const evicted = this.#sweep(room);
    const place = this.#find(room);
    if (place !== undefined && place.key !== key) return { kind: 'refused', why: 'wrong-key', evicted };
    const old = this.senderOf(room);
    if (place !== undefined && old !== undefined) {
      if (!retry || key === undefined) return { kind: 'refused', why: 'code-in-use', evicted };
      evicted.push({ handle: old, why: 'lost' });
      this.#push(place, old);
    }
    const entered = place ?? this.#open(room, key);
    entered.wants = wants;
    this.people.push({ handle, room, role: 'sender', retry });

    // Those who came before it, once more in their order, now that their number is known.
    const came = this.people.filter((person) => person.room === room && person.role === 'receiver');
    const stay: Person[] = [];
    for (const person of came) {
      if (stay.length < wants) stay.push(person);
      else if (person.retry && key !== undefined) {
        evicted.push({ handle: stay[0]!.handle, why: 'lost' });
        stay.splice(0, 1);
        stay.push(person);
      } else evicted.push({ handle: person.handle, why: 'room-full' });
    }
    this.people = this.people.filter((person) => !came.includes(person) || stay.includes(person));
    return this.#answer(entered, evicted);
  }

  receive({ handle, room, retry, key }: Newcomer, wait: boolean): Answer {
    const evicted = this.#sweep(room);
    const place = this.#find(room);
    if (place === undefined && !wait) return { kind: 'refused', why: 'no-room', evicted };
    if (place !== undefined && place.key !== key) return { kind: 'refused', why: 'wrong-key', evicted };
    if (place !== undefined) {
      const there = this.receiversOf(room);
      const isFull = place.phase === 'paired' || there.length === (place.wants ?? MAX_RECEIVERS);
      // Of several paired receivers, none can be replaced without ending the stream of the others.
      const hurts = place.phase === 'paired' && place.wants !== 1;
      if (isFull && (!retry || key === undefined || hurts))
        return { kind: 'refused', why: 'room-full', evicted };
      if (isFull) {
        evicted.push({ handle: there[0]!, why: 'lost' });
        this.#push(place, there[0]!);
      }
    }
    const entered = place ?? this.#open(room, key);
    this.people.push({ handle, room, role: 'receiver', retry });
    return this.#answer(entered, evicted);
  }

  /** Whichever place is free, the sender's first. */
  meet(newcomer: Newcomer): Answer {
    const isFree = !this.isLive(newcomer.room) || this.senderOf(newcomer.room) === undefined;
    return isFree ? this.send(newcomer, 1) : this.receive(newcomer, false);
  }

  leave(handle: number): void {
    const person = this.people.find((other) => other.handle === handle);
    if (person === undefined) return;
    this.people = this.people.filter((other) => other !== person);
    const place = this.#find(person.room)!;
    const nobodySends = this.senderOf(place.name) === undefined;
    const nobodyReceives = this.receiversOf(place.name).length === 0;
    if (place.phase === 'paired' && (nobodySends || nobodyReceives)) this.#over(place);
    if (place.phase !== 'waiting') return;
    if (nobodySends) place.wants = undefined;
    if (nobodySends && nobodyReceives) this.#forget(place);
  }

  /** Everything that is due. */
  expire(): Out[] {
    return this.due().flatMap((place) => this.#clear(place, 'room-expired'));
  }

  /** Whatever it is: out with everybody, and with it. */
  close(room: string): Out[] {
    const place = this.#find(room);
    return place === undefined ? [] : this.#clear(place, 'room-closed');
  }

  #find(room: string): Place | undefined {
    return this.places.find((place) => place.name === room);
  }

  #open(name: string, key: string | undefined): Place {
    const deadline = this.now + this.#abandonAfterMs;
    const place: Place = { name, key, phase: 'waiting', deadline, retry: false, wants: undefined };
    this.places.push(place);
    return place;
  }

  #answer(place: Place, evicted: Out[]): Answer {
    const sender = this.senderOf(place.name);
    const receivers = this.receiversOf(place.name);
    if (sender === undefined || receivers.length < place.wants!)
      return { kind: 'waiting', deadline: place.deadline, evicted };
    place.phase = 'paired';
    if (this.people.some((person) => person.room === place.name && person.retry)) place.retry = true;
    return { kind: 'paired', sender, receivers, evicted };
  }

  /** Out with one whose place is taken; with a pairing, out with everybody. */
  #push(place: Place, handle: number): void {
    if (place.phase !== 'paired') {
      this.people = this.people.filter((person) => person.handle !== handle);
      return;
    }
    place.retry = true;
    this.#over(place);
  }

  #over(place: Place): void {
    this.people = this.people.filter((person) => person.room !== place.name);
    if (!place.retry) return this.#forget(place);
    place.phase = 'held';
    place.deadline = this.now + this.#retryWindowMs;
  }

  #sweep(room: string): Out[] {
    return this.due()
      .filter((place) => place.name === room)
      .flatMap((place) => this.#clear(place, 'room-expired'));
  }

  #clear(place: Place, why: string): Out[] {
    const out = this.people.filter((person) => person.room === place.name);
    this.#forget(place);
    return out.map(({ handle }) => ({ handle, why }));
  }

  #forget(place: Place): void {
    this.places = this.places.filter((other) => other !== place);
    this.people = this.people.filter((person) => person.room !== place.name);
  }
}
