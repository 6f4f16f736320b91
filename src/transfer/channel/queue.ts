/** What came and was not taken yet, in order. To take one costs the same however many the other side has sent at once. */
export class Queue<Item extends object> {
  #items: readonly Item[] = [];
  #taken = 0;

  add(items: readonly Item[]): void {
    this.#items = this.#items.length === 0 ? items : this.#items.slice(this.#taken).concat(items);
    this.#taken = 0;
  }

  take(): Item | undefined {
    const item = this.#items[this.#taken];
    this.#taken += 1;
    // Nothing that was taken is kept from the collector for longer than what came with it.
    if (this.#taken >= this.#items.length) {
      this.#items = [];
      this.#taken = 0;
    }
    return item;
  }
}
