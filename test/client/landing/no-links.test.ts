import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  contentsOf,
  expectedContents,
  file,
  finishLast,
  land,
  open,
  problemOf,
  sendFirst,
  sendOne,
  temporaryDirectory,
} from './helpers.js';

const LARGE = Buffer.alloc(900_000, 'large');

describe('where there are no hard links', () => {
  const items = [file('a', 'a'), file('d/large', LARGE)];
  const withoutLinks = () => {
    const error = Object.assign(new Error('no links'), { code: 'EPERM' });
    vi.spyOn(fs, 'link').mockRejectedValue(error);
    onTestFinished(() => void vi.restoreAllMocks());
  };

  it('lands all the same, and overwrites nothing', async () => {
    withoutLinks();
    const cwd = await temporaryDirectory();
    const landing = await open(cwd, items);
    await sendFirst(landing, items[0]!);
    await fs.writeFile(join(cwd, 'a'), 'quicker');
    expect((await problemOf(finishLast(landing, items[0]!))).code).toBe('exists');
    await landing[Symbol.asyncDispose]();
    await fs.rm(join(cwd, 'a'));
    await land(cwd, items);
    expect(await contentsOf(cwd)).toEqual({ d: '(directory)', ...expectedContents(items) });
  });

  it('replaces the empty file of a process that was killed at the wrong moment', async () => {
    withoutLinks();
    const cwd = await temporaryDirectory();
    const reversed = items.toReversed();
    const landing = await open(cwd, reversed);
    await sendOne(landing, reversed[0]!);
    await landing.begin(reversed[1]!.entry, 0);
    await landing[Symbol.asyncDispose]();
    await fs.writeFile(join(cwd, 'a'), '');
    await land(cwd, reversed);
    expect(await contentsOf(cwd)).toEqual({ d: '(directory)', ...expectedContents(items) });
  });
});
