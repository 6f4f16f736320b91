import { TransferError } from './transfer-error.js';
import type { Entry } from './entry.js';
import type { FailedEntries } from './events.js';
import type { FailedWhy } from './transfer-messages.js';

/** Of those that failed, so many are named. */
const MAX_NAMED = 20;

interface Failure {
  readonly index: number;
  readonly isFile: boolean;
  readonly bytes: number;
}

/** The entries of one transfer that did not come, on either side, across connections. */
export class Failures {
  #all: Failure[] = [];
  #named: { readonly index: number; readonly path: string; readonly why: FailedWhy }[] = [];

  /** @param index which of the transfer's entries it is */
  add(index: number, { path, kind, size }: Entry, why: FailedWhy): void {
    this.#all.push({ index, isFile: kind === 'file', bytes: size ?? 0 });
    if (this.#named.length < MAX_NAMED) this.#named.push({ index, path, why });
  }

  /** From there on, all are tried once more. */
  forgetFrom(index: number): void {
    this.#all = this.#all.filter((failure) => failure.index < index);
    this.#named = this.#named.filter((failure) => failure.index < index);
  }

  get count(): number {
    return this.#all.length;
  }

  get files(): number {
    return this.#all.filter(({ isFile }) => isFile).length;
  }

  get bytes(): number {
    return this.#all.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** For the event at the end; nothing where all came. */
  get told(): { readonly failed?: FailedEntries } {
    if (this.count === 0) return {};
    const named = this.#named.map(({ path, why }) => ({ path, why }));
    return { failed: { count: this.count, files: this.files, named } };
  }
}

/** Those of one receiver, as its sender knows them. */
export class SenderFailures extends Failures {
  #heard = 0;

  /** The receiver may know of more: from a sender that was run before this one. */
  hear(count: number): void {
    this.#heard = count;
  }

  /** @throws TransferError where some did not come */
  expectNone(): void {
    expectNone(Math.max(this.count, this.#heard), 'sender');
  }
}

/** @throws TransferError where some did not come: that is no success, for either side */
export function expectNone(count: number, side: 'sender' | 'receiver'): void {
  if (count === 0) return;
  const those = count === 1 ? '1 item' : `${count} items`;
  throw new TransferError(
    'source',
    side === 'sender'
      ? `${those} could not be sent; all the others have arrived. When that is mended, send again with the same code.`
      : `${those} did not come; the sender says why. What arrived is kept: run the same command to get the others.`,
  );
}
