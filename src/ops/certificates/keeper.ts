import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Certificate } from '../../relay/entrance/tls.js';
import { type CertificateFiles, loadCertificate, type LoadedCertificate } from './certificate.js';

/** How many days before its end a certificate is warned of, once a day. */
export const WARN_DAYS = 14;

const DAY_MS = 24 * 3_600_000;

/** Two files are not written at once: both are awaited. */
const SETTLE_MS = 1_000;

/** Where no event comes, as on some network file systems. */
const POLL_MS = 60_000;

export interface KeeperOptions {
  /** Shows another certificate from now on. */
  readonly use: (certificate: Certificate) => void;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly settleMs?: number;
  readonly pollMs?: number;
}

/** A certificate that is renewed on disk while the relay runs. */
export class CertificateKeeper {
  readonly #files: CertificateFiles;
  #current: LoadedCertificate;
  #options: KeeperOptions | undefined;
  #watchers: FSWatcher[] = [];
  #poll: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();
  #warnedAt = -Infinity;
  /** What was wrong at the last look, so that it is told once. */
  #problem: string | undefined;

  /** @throws {CertificateError} */
  static async load(files: CertificateFiles): Promise<CertificateKeeper> {
    return new CertificateKeeper(files, await loadCertificate(files));
  }

  private constructor(files: CertificateFiles, current: LoadedCertificate) {
    this.#files = files;
    this.#current = current;
  }

  get current(): LoadedCertificate {
    return this.#current;
  }

  /** Looks after the files from now on, until `close`. */
  start(options: KeeperOptions): void {
    this.#options = options;
    const { settleMs = SETTLE_MS, pollMs = POLL_MS } = options;
    const look = (): void => void this.#look();
    // The directories, not the files: certbot and Kubernetes put another symbolic link in their place.
    for (const directory of new Set([dirname(this.#files.cert), dirname(this.#files.key)])) {
      try {
        const watcher = watch(directory, { persistent: false }, () => {
          clearTimeout(this.#settling);
          this.#settling = setTimeout(look, settleMs).unref();
        });
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        options.logger.warn(
          { directory, reason },
          'a directory is not watched: it is looked at once a minute',
        );
      }
    }
    this.#poll = setInterval(look, pollMs).unref();
    this.#warn();
  }

  /** @throws {CertificateError} where the new one cannot be used: the old one stays. */
  reload(): Promise<void> {
    // One after another: of two readings at once, the older could come to its end last.
    const reading = this.#last.then(() => this.#read());
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  async #read(): Promise<void> {
    const { cert, key } = this.#current;
    const found = await loadCertificate(this.#files);
    this.#problem = undefined;
    if (found.cert === cert && found.key === key) return;
    this.#options?.use(found);
    this.#current = found;
    this.#options?.logger.info({ expires: new Date(found.expiresAt).toISOString() }, 'certificate renewed');
    this.#warnedAt = -Infinity;
    this.#warn();
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  async #look(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#options?.logger.error({ problem }, 'certificate not renewed');
      this.#problem = problem;
    }
    this.#warn();
  }

  #warn(): void {
    const { now = Date.now, logger } = this.#options ?? {};
    const { expiresAt } = this.#current;
    const daysLeft = Math.floor((expiresAt - now()) / DAY_MS);
    if (daysLeft >= WARN_DAYS || now() - this.#warnedAt < DAY_MS) return;
    this.#warnedAt = now();
    const expires = new Date(expiresAt).toISOString();
    logger?.warn(
      { expires, daysLeft },
      daysLeft < 0 ? 'the certificate has expired' : 'the certificate expires soon',
    );
  }
}
