import { printable } from '../../transfer/names.js';

/** Names that a person reads about; a million of them would tell nobody anything. */
const MAX_MAPPED = 20;

/** What a person should know of a landing, and what is no failure. */
export class Notices {
  readonly #tell: (sentence: string) => void;
  #hasToldUnsynced = false;
  #mapped = 0;

  constructor(tell: (sentence: string) => void = () => undefined) {
    this.#tell = tell;
  }

  /** Once is enough. */
  readonly unsynced = (): void => {
    if (this.#hasToldUnsynced) return;
    this.#hasToldUnsynced = true;
    this.#tell(
      'This file system cannot say whether what is written is on the disk (fsync). It is received all the same: ' +
        'until the system has written it, a power cut may damage it.',
    );
  };

  /** A name that this system does not have has become another. */
  mapped(parts: readonly string[], finalPath: string): void {
    this.#mapped += 1;
    if (this.#mapped > MAX_MAPPED) return;
    const last = this.#mapped === MAX_MAPPED ? ' More of them are not listed.' : '';
    this.#tell(
      `"${printable(parts.join('/'))}" lands as "${printable(finalPath)}": this system does not take the name.${last}`,
    );
  }

  /** Something that an earlier process counted is not where it landed. */
  missing(path: string): void {
    this.#tell(
      `"${printable(path)}" came before, and is not there any more, or not as it came. Everything is received again.`,
    );
  }
}
