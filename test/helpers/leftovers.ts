import { createHook } from 'node:async_hooks';
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { HAS_PROC, openFiles } from './proc.js';

/** Counts the timers that were set since its beginning and are neither cleared nor over, unref'd ones too. */
function countTimers(): Disposable & { readonly left: () => Promise<number> } {
  const timers = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout') timers.add(id);
    },
    destroy(id) {
      timers.delete(id);
    },
  }).enable();
  return {
    async left() {
      // What is over is told in the event loop's next turn.
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return timers.size;
    },
    [Symbol.dispose]() {
      hook.disable();
    },
  };
}

/** What keeps this process's event loop alive, by its kind. */
function activeSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
}

export interface Leftovers extends Disposable {
  /** Sockets more than at the beginning; one that listens is one. */
  readonly sockets: () => number;
  /** Waits until this process has the sockets, timers and open files that it began with, and was warned of nothing. */
  readonly expectNone: () => Promise<void>;
}

/** Remembers what this process holds now. */
export function watchLeftovers(): Leftovers {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  const sockets = activeSockets();
  const files = HAS_PROC ? openFiles(process.pid) : 0;
  const timers = countTimers();
  return {
    sockets: () => activeSockets() - sockets,
    async expectNone() {
      await eventually(() => expect(activeSockets()).toBe(sockets));
      await eventually(async () => expect(await timers.left()).toBe(0));
      if (HAS_PROC) await eventually(() => expect(openFiles(process.pid)).toBe(files));
      expect(warnings).toEqual([]);
    },
    [Symbol.dispose]() {
      timers[Symbol.dispose]();
      process.off('warning', onWarning);
    },
  };
}
