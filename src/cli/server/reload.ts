/** Where lines go: a pino logger, or anything with these two. */
export interface ReloadLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A part that was to be read again. */
export interface Reloaded {
  readonly name: string;
  /** Why it stays as it was; undefined where it was read. */
  readonly problem?: string;
}

export interface Reload {
  /** @param reread reads it again; where it throws, it MUST have kept what it had */
  add(part: string, reread: () => Promise<void> | void): void;
  /** Reloads each part, whatever becomes of the others. Never rejects. */
  run(): Promise<readonly Reloaded[]>;
}

/** What can be read again while the relay runs: what a signal asks for, and an operator's command. */
export function createReload(logger: ReloadLogger): Reload {
  const parts = new Map<string, () => Promise<void> | void>();
  let last: Promise<unknown> = Promise.resolve();

  async function reloadAll(): Promise<readonly Reloaded[]> {
    const results: Reloaded[] = [];
    for (const [part, reread] of parts) {
      try {
        await reread();
        results.push({ name: part });
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        results.push({ name: part, problem });
        logger.error({ part, problem }, 'not reloaded: it stays as it was');
      }
    }
    const reloaded = results.filter(({ problem }) => problem === undefined).map(({ name }) => name);
    if (reloaded.length > 0 || results.length === 0) logger.info({ parts: reloaded }, 'reloaded');
    return results;
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
