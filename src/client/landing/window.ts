/** Work under way at once at most, and the bytes that it holds: what a killed process has to be sent again. */
const MAX_JOBS = 32;
const MAX_BYTES = 1024 * 1024;

interface Slot {
  readonly bytes: number;
  readonly after: () => void;
  isDone: boolean;
}

/**
 * Small jobs run side by side, because each one waits for the disk, and count as done in the order in which they came:
 * `after` is called only when every earlier one has succeeded. After one that failed nothing counts any more.
 */
export class Window {
  readonly #slots: Slot[] = [];
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void)[] = [];
  #running = 0;

  /** Starts `job` when there is room for it. Throws what an earlier job failed with. */
  async add(bytes: number, job: () => Promise<void>, after: () => void): Promise<void> {
    while (this.#slots.length > 0 && (this.#slots.length >= MAX_JOBS || this.#bytes + bytes > MAX_BYTES))
      await this.#change();
    this.#check();
    const slot: Slot = { bytes, after, isDone: false };
    this.#slots.push(slot);
    this.#bytes += bytes;
    void this.#run(slot, job);
  }

  /** Resolves when every job has succeeded. Throws what one failed with. */
  async drain(): Promise<void> {
    while (this.#slots.length > 0) await this.#change();
    this.#check();
  }

  /** Resolves when no job runs any more, failed or not. */
  async settle(): Promise<void> {
    while (this.#running > 0) await this.#change(true);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Until a job ends; throws at once after a failure, unless that is all right. */
  async #change(mayFail = false): Promise<void> {
    if (!mayFail) this.#check();
    await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async #run(slot: Slot, job: () => Promise<void>): Promise<void> {
    this.#running += 1;
    try {
      await job();
      slot.isDone = true;
      this.#count();
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#running -= 1;
      const wake = this.#wake;
      this.#wake = [];
      for (const resolve of wake) resolve();
    }
  }

  #count(): void {
    for (let first = this.#slots[0]; first?.isDone === true; first = this.#slots[0]) {
      this.#slots.shift();
      this.#bytes -= first.bytes;
      first.after();
    }
  }
}
