import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PartialFile } from '../../../src/client/landing/partial.js';
import { noise } from '../../helpers/flow.js';

const LARGE = noise(300_000);
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partial-'));
  path = join(directory, 'partial');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

/** The one call that a partial is written by. */
interface Writes {
  write(data: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
}

/** What every open file is made of, so that its writes can be held up or fail. */
async function handles(): Promise<Writes> {
  const probe = await open(directory);
  await probe.close();
  return Object.getPrototypeOf(probe) as Writes;
}

describe('a partial file', () => {
  it('has every chunk where it belongs, whatever their sizes', async () => {
    const sizes = [1, 70_000, 300_000, 10, 250_000, 65_536, 65_535, 600_000, 3];
    const chunks = sizes.map((size) => noise(size));
    const file = await PartialFile.create(path, 0o644);
    for (const chunk of chunks) await file.write(chunk);
    await file.seal(1_000, 0o644);
    expect(readFileSync(path).equals(Buffer.concat(chunks))).toBe(true);
  });

  it('takes one chunk while the one before it is written, and no more', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const file = await PartialFile.create(path, 0o644);
    const write = vi.spyOn(await handles(), 'write').mockImplementationOnce(async (data) => {
      await held;
      return { bytesWritten: data.length };
    });
    await file.write(LARGE);
    let isTaken = false;
    const second = file.write(LARGE).then(() => (isTaken = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([isTaken, write.mock.calls.length]).toEqual([false, 1]);
    release();
    await second;
    await file.close();
    expect(write.mock.calls.map(([, , , position]) => position)).toEqual([0, LARGE.length]);
  });

  const next: Record<string, (file: PartialFile) => Promise<unknown>> = {
    'a chunk': (file) => file.write(LARGE),
    flush: (file) => file.flush(),
    'its digest': (file) => file.digest(),
    seal: (file) => file.seal(1_000, 0o644),
    close: (file) => file.close(),
  };

  it.each(Object.keys(next))('tells of a failed write at the next call, which is %s', async (name) => {
    const file = await PartialFile.create(path, 0o644);
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const write = vi.spyOn(await handles(), 'write').mockRejectedValueOnce(full);
    await file.write(LARGE);
    await expect(next[name]?.(file)).rejects.toBe(full);
    // Nothing is written behind a gap, and it is never whole again.
    await expect(file.seal(1_000, 0o644)).rejects.toThrow();
    expect(write).toHaveBeenCalledTimes(1);
    expect(readFileSync(path).length).toBe(0);
    await file.close().catch(() => undefined);
  });

  it('can be thrown away after a failed write', async () => {
    const file = await PartialFile.create(path, 0o644);
    vi.spyOn(await handles(), 'write').mockRejectedValueOnce(new Error('no space'));
    await file.write(LARGE);
    await file.discard();
    expect(existsSync(path)).toBe(false);
  });
});
