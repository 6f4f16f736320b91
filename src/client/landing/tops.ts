import type { Journal } from './journal.js';
import type { NameHere } from './local-names.js';

/** The names at the top: how each one lands, and which are this transfer's already. */
export class Tops {
  readonly #journal: Journal;
  readonly #offered: readonly string[];
  readonly #finalNames: Map<string, string>;
  readonly #ours: Set<string>;
  readonly nameHere: NameHere;

  /** @param kept those that an earlier process noted down */
  constructor(
    journal: Journal,
    offered: readonly string[],
    planned: ReadonlyMap<string, string>,
    kept: ReadonlyMap<string, string>,
    nameHere: NameHere,
  ) {
    this.nameHere = nameHere;
    this.#journal = journal;
    this.#offered = offered;
    this.#finalNames = new Map([...planned, ...kept]);
    this.#ours = new Set(kept.keys());
  }

  finalNameOf(offered: string): string {
    return this.#finalNames.get(offered) ?? this.nameHere(offered);
  }

  /** A checked path as it lands, joined by `/`. */
  finalPathOf([top = '', ...rest]: readonly string[]): string {
    return [this.finalNameOf(top), ...rest.map((part) => this.nameHere(part))].join('/');
  }

  /** In the order of the offer. @param failed those that did not come */
  finalNamesWithout(failed: ReadonlySet<string>): readonly string[] {
    return this.#offered.filter((name) => !failed.has(name)).map((name) => this.finalNameOf(name));
  }

  isOurs(offered: string): boolean {
    return this.#ours.has(offered);
  }

  /** Those that are ours, with their final names. */
  get ours(): readonly (readonly [string, string])[] {
    return [...this.#ours].map((offered) => [offered, this.finalNameOf(offered)] as const);
  }

  /** Notes that what lies under this name is this transfer's from here on. */
  claim(offered: string): void {
    if (this.#ours.has(offered)) return;
    this.#ours.add(offered);
    this.#journal.append(['top', offered, this.finalNameOf(offered)]);
  }

  /** The same; resolves when that outlives the process. */
  async claimNow(offered: string): Promise<void> {
    this.claim(offered);
    await this.#journal.flush();
  }

  /** Another final name; resolves when that outlives the process. */
  async rename(offered: string, final: string): Promise<void> {
    this.#finalNames.set(offered, final);
    this.#ours.add(offered);
    this.#journal.append(['top', offered, final]);
    await this.#journal.flush();
  }
}
