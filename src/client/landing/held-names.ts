/** Where Linux has the open files of a process, by descriptor. */
export const OPEN_FDS = '/proc/self/fd';

/** What a person calls the directories that are kept hold of: an error speaks of these. */
const names = new Map<number, string>();

export function rememberName(descriptor: number, name: string): void {
  names.set(descriptor, name);
}

export function forgetName(descriptor: number): void {
  names.delete(descriptor);
}

/** A path as a person would write it. */
export function nameOf(path: string): string {
  const [, descriptor, rest = ''] = /^\/proc\/self\/fd\/([0-9]+)(\/.*)?$/s.exec(path) ?? [];
  const name = descriptor === undefined ? undefined : names.get(Number(descriptor));
  return name === undefined ? path : `${name}${rest}`;
}
