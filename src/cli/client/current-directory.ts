import { isAbsolute } from 'node:path';
import { TransferError } from '../../transfer/transfer-error.js';

/** Undefined where somebody has deleted it. */
export function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** @throws TransferError where one of the paths is relative to a directory that is gone */
export function checkCurrentDirectory(paths: readonly string[], code: 'source' | 'destination'): void {
  if (paths.every((path) => isAbsolute(path)) || currentDirectory() !== undefined) return;
  throw new TransferError(code, 'The current directory was deleted. Change into another, and run it again.');
}
