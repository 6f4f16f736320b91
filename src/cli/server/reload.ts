/** Where lines go: a pino logger, or anything with these two. */
export interface ReloadLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Reload {
  /** @param reread reads it again; where it throws, it MUST have kept what it had */
  add(part: string, reread: () => Promise<void> | void): void;
  /** Reloads each part, whatever becomes of the others. Never rejects. @returns the parts that failed, and why */
  run(): Promise<ReadonlyMap<string, string>>;
}

/** What can be read again while the relay runs: what a signal asks for, and an operator's command. */
export function createReload(logger: ReloadLogger): Reload {
  const parts = new Map<string, () => Promise<void> | void>();
  let last: Promise<unknown> = Promise.resolve();

  async function reloadAll(): Promise<ReadonlyMap<string, string>> {
    const failed = new Map<string, string>();
    for (const [part, reread] of parts) {
      try {
        await reread();
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        failed.set(part, problem);
        logger.error({ part, problem }, 'not reloaded: it stays as it was');
      }
    }
    const reloaded = [...parts.keys()].filter((part) => !failed.has(part));
    if (reloaded.length > 0 || failed.size === 0) logger.info({ parts: reloaded }, 'reloaded');
    return failed;
  }

  return {
    add(part, reread) {
      parts.set(part, reread);
    },
    run() {
      // One after another: of two readings at once, the older could come to its end last.
      const run = last.then(reloadAll);
      last = run;
      return run;
    },
  };
}
