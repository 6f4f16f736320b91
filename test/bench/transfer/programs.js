import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Where a program is: what the environment variable says, else the first on the PATH; undefined where it is not. */
export function findProgram(variable, name) {
  const named = process.env[variable];
  if (named) return isProgram(named) ? named : undefined;
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, name)).find(isProgram);
}

/** Why a program cannot be had, for the line that says so. */
export const missing = (variable, name) => `no ${name} on the PATH; ${variable} can name one`;
