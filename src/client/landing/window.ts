/** Work under way at once at most, and the bytes that it holds: what a killed process has to be sent again. */
const MAX_JOBS = 64;
const MAX_BYTES = 1024 * 1024;

/** What is done for one entry, step by step. */
export interface Job {
  /** Gives everything to the system. */
  write(): void | Promise<void>;
  /** Waits for the disk, and closes what is open; called in any case. */
  sync(): Promise<void>;
  /** Gives it its name; called when both have succeeded. */
  place(): Promise<void>;
}

interface Slot {
  readonly bytes: number;
  readonly job: Job;
  readonly after: () => void;
}

const STEPS = ['write', 'sync', 'place'] as const;

/**
 * Small jobs are done in groups: what comes while one group is under way is the next. All of a group are written, then all
 * synced, side by side, and then all placed, because what is written while others are synced waits for them in the file
 * system. They count as done in the order in which they came: `after` is called only when every earlier one has
 * succeeded. After one that failed nothing counts any more.
 */
export class Window {
  #waiting: Slot[] = [];
  /** Those that wait, and those that are under way. */
  #jobs = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void)[] = [];
  #isRunning = false;

  /** Takes `job` when there is room for it. Throws what an earlier job failed with. */
  async add(bytes: number, job: Job, after: () => void): Promise<void> {
    while (this.#jobs > 0 && (this.#jobs >= MAX_JOBS || this.#bytes + bytes > MAX_BYTES))
      await this.#change();
    this.#check();
    this.#waiting.push({ bytes, job, after });
    this.#jobs += 1;
    this.#bytes += bytes;
    if (!this.#isRunning) void this.#run();
  }

  /** Resolves when every job has succeeded. Throws what one failed with. */
  async drain(): Promise<void> {
    while (this.#jobs > 0) await this.#change();
    this.#check();
  }

  /** Resolves when no job runs any more, failed or not. */
  async settle(): Promise<void> {
    while (this.#isRunning) await this.#change(true);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Until a group ends; throws at once after a failure, unless that is all right. */
  async #change(mayFail = false): Promise<void> {
    if (!mayFail) this.#check();
    await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0 && this.#failure === undefined) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#runGroup(group);
      if (this.#waiting.length > 0) this.#tell();
    }
    this.#isRunning = false;
    this.#tell();
  }

  async #runGroup(group: readonly Slot[]): Promise<void> {
    /** Those before the first that failed. */
    let left = group;
    for (const step of STEPS) {
      // What was written is synced in any case: that also closes it.
      const slots = step === 'place' ? left : group;
      const ends = await Promise.allSettled(slots.map(async ({ job }) => await job[step]()));
      const failed = ends.findIndex(({ status }) => status === 'rejected');
      const end = ends[failed];
      if (end?.status !== 'rejected') continue;
      this.#failure ??= { error: end.reason };
      left = left.slice(0, failed);
    }
    for (const { bytes, after } of left) {
      this.#jobs -= 1;
      this.#bytes -= bytes;
      after();
    }
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
