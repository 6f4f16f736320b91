import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const remove = (path) => rmSync(path, { recursive: true, force: true, maxRetries: 5 });

/** A temporary directory that is gone when it is closed, or else when this process ends, however that comes. */
export function openWorkspace() {
  const root = mkdtempSync(join(tmpdir(), 'relay-bench-'));
  const onExit = () => remove(root);
  process.once('exit', onExit);
  return {
    /** @returns {string} an empty directory, in place of what had that name */
    fresh(name) {
      const path = join(root, name);
      remove(path);
      mkdirSync(path);
      return path;
    },
    close() {
      process.off('exit', onExit);
      remove(root);
    },
  };
}
