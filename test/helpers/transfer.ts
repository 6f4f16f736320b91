import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import type { ReceiveOptions, SendOptions } from '../../src/client/api.js';
import type { TransferEvent } from '../../src/transfer/events.js';
import { receive } from '../../src/client/receive.js';
import { send } from '../../src/client/send.js';
import { TIMING, type Timing } from '../../src/transfer/timing.js';

/** A directory for one test. */
export async function scratch(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'relay-transfer-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function plant(root: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (!path.endsWith('/')) await writeFile(join(root, path), content);
    else await mkdir(join(root, path), { recursive: true });
  }
}

/** Every path below, with a digest of its content, sorted. */
export async function tree(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    found.push(
      `${path.slice(root.length)} ${
        entry.isDirectory()
          ? 'directory'
          : `${createHash('sha256')
              .update(await readFile(path))
              .digest('hex')} ${mode & 0o100 ? 'x' : '-'}`
      }`,
    );
  }
  return found.sort();
}

/** As the tools have it, but that who does not close is not waited for so long. */
const SOON: Timing = { ...TIMING, lastWordsMs: { refusal: 250, end: 250 } };

/** What a test changes of the times that the tools wait. */
interface Hurry {
  readonly timing?: Partial<Timing>;
}

/** One side that runs: its events, and its end. */
export interface Running {
  readonly events: TransferEvent[];
  readonly done: Promise<void>;
  readonly abort: (reason?: Error) => void;
  until<Name extends TransferEvent['event']>(name: Name): Promise<Extract<TransferEvent, { event: Name }>>;
}

function running(
  start: (signal: AbortSignal, report: (event: TransferEvent) => void) => Promise<void>,
): Running {
  const events: TransferEvent[] = [];
  const waiting = new Set<() => void>();
  const controller = new AbortController();
  let failure: { error: unknown } | undefined;
  const done = start(controller.signal, (event) => {
    events.push(event);
    for (const wake of [...waiting]) wake();
  });
  done.catch((error: unknown) => {
    failure = { error };
    for (const wake of [...waiting]) wake();
  });
  return {
    events,
    done,
    abort: (reason = new Error('Stopped.')) => controller.abort(reason),
    async until(name) {
      for (;;) {
        const found = events.find((event) => event.event === name);
        if (found !== undefined) return found as never;
        if (failure !== undefined) throw failure.error;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
  };
}

export function startSending(
  port: number,
  { timing, ...options }: Partial<SendOptions> & Pick<SendOptions, 'source'> & Hurry,
): Running {
  return running((signal, report) =>
    send(
      { relay: { host: '127.0.0.1', port }, receivers: 1, giveUpAfterMs: 20_000, signal, ...options },
      report,
      { ...SOON, ...timing },
    ),
  );
}

export function startReceiving(
  port: number,
  code: string,
  cwd: string,
  { timing, ...options }: Partial<ReceiveOptions> & Hurry = {},
): Running {
  return running((signal, report) =>
    receive(
      {
        relay: { host: '127.0.0.1', port },
        code,
        output: undefined,
        cwd,
        whenExists: 'refuse',
        agree: () => Promise.resolve(true),
        stdout: new Collected(),
        giveUpAfterMs: 20_000,
        signal,
        ...options,
      },
      report,
      { ...SOON, ...timing },
    ),
  );
}

/** A stream that keeps what it gets. */
export class Collected extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
