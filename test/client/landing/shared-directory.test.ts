import { existsSync, promises as fs } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isShared } from '../../../src/client/landing/anchor.js';
import { planLanding } from '../../../src/client/landing/landing.js';
import {
  contentsOf,
  directory,
  file,
  NAMEPLATE,
  open,
  optionsFor,
  problemOf,
  send,
  sendFirst,
  sendOne,
  STAGING,
  temporaryDirectory,
} from './helpers.js';

const SIZES = [600_000, 10];
const canKeepHold = process.platform === 'linux' && existsSync('/proc/self/fd');

afterEach(() => vi.restoreAllMocks());

/** Somebody else does something right before the next such call: when everything has been looked at. */
function before(name: 'link' | 'rename' | 'mkdir', work: () => Promise<void>): void {
  const original = fs[name] as (...parameters: unknown[]) => Promise<never>;
  vi.spyOn(fs, name).mockImplementationOnce(async (...parameters: unknown[]) => {
    await work();
    return await original(...parameters);
  });
}

/** A place, and one beside it that nothing may come into. */
async function places() {
  const root = await temporaryDirectory();
  const [cwd, outside] = [join(root, 'shared'), join(root, 'home')];
  await fs.mkdir(cwd);
  await fs.mkdir(outside);
  const swap = async (name: string): Promise<void> => {
    await fs.rename(join(cwd, name), join(cwd, `${name}-away`));
    await fs.symlink(outside, join(cwd, name));
  };
  return { cwd, outside, swap };
}

describe.runIf(canKeepHold)(
  'a shared directory without the sticky bit where another user swaps a parent',
  () => {
    it.each(SIZES)('right before a file of %d bytes gets its name: nothing lands outside', async (size) => {
      for (const whenExists of ['refuse', 'overwrite', 'rename'] as const) {
        const { cwd, outside, swap } = await places();
        const items = [directory('d'), directory('d/e'), file('d/e/a', Buffer.alloc(size))];
        const landing = await open(cwd, items, { whenExists });
        await sendOne(landing, items[0]!);
        await sendOne(landing, items[1]!);
        before(whenExists === 'overwrite' ? 'rename' : 'link', () => swap('d'));
        await sendOne(landing, items[2]!);
        // The directory that it was to be in is no longer where it was.
        expect((await problemOf(landing.complete())).code).toBe('not-a-directory');
        expect(await fs.readdir(outside)).toEqual([]);
        expect(await fs.readdir(join(cwd, 'd-away/e'))).toEqual(['a']);
        vi.restoreAllMocks();
      }
    });

    it('right before a directory is made: nothing lands outside', async () => {
      const { cwd, outside, swap } = await places();
      const items = [directory('d'), directory('d/e'), file('d/e/a', 'a')];
      const landing = await open(cwd, items);
      await sendOne(landing, items[0]!);
      before('mkdir', () => swap('d'));
      await sendOne(landing, items[1]!);
      const rest = sendOne(landing, items[2]!).then(() => landing.complete());
      expect((await problemOf(rest)).code).toBe('not-a-directory');
      await landing[Symbol.asyncDispose]();
      expect(await fs.readdir(outside)).toEqual([]);
    });

    it('for the directory where everything lands, or where it is staged: it lands where it was agreed to', async () => {
      const { cwd, outside } = await places();
      const items = [directory('d'), file('d/large', Buffer.alloc(600_000)), file('d/small', 'x')];
      const landing = await open(cwd, items);
      await sendOne(landing, items[0]!);
      await sendFirst(landing, items[1]!, 300_000);
      await fs.rename(join(cwd, STAGING), join(outside, 'taken'));
      await fs.mkdir(join(cwd, STAGING));
      await fs.writeFile(join(cwd, STAGING, 'partial'), Buffer.alloc(300_000, 'planted'));
      await fs.rename(cwd, `${cwd}-away`);
      await fs.symlink(outside, cwd);
      await send(landing, items);
      await landing.complete();
      expect(await fs.readdir(join(`${cwd}-away`, 'd'))).toEqual(['large', 'small']);
      expect((await fs.readFile(join(`${cwd}-away`, 'd/large'))).equals(Buffer.alloc(600_000))).toBe(true);
      expect(await contentsOf(outside)).toEqual({ taken: '(directory)' });
    });

    it('for one that he owns, right behind the look at the staging directory: what he planted is not used', async () => {
      const { cwd } = await places();
      const items = [file('a', 'a')];
      before('mkdir', async () => {
        await fs.mkdir(join(cwd, STAGING));
        await fs.chmod(join(cwd, STAGING), 0o777);
      });
      const landing = await open(cwd, items);
      await send(landing, items);
      await landing.complete();
      expect(await fs.readdir(join(cwd, STAGING))).toEqual([]);
    });
  },
);

it('errors name what is there as a person would', async () => {
  const cwd = await temporaryDirectory();
  const items = [directory('d'), file('d/a', 'a')];
  const landing = await open(cwd, items);
  await sendOne(landing, items[0]!);
  await fs.rm(join(cwd, 'd'), { recursive: true });
  await fs.symlink('/', join(cwd, 'd'));
  const { message } = await problemOf(send(landing, items).then(() => landing.complete()));
  expect(message).toContain(`"${join(cwd, 'd')}"`);
});

describe('where a directory cannot be kept hold of', () => {
  it.each([
    ['my own', { mode: 0o755, uid: 1000 }, false],
    ['my own, which a group shares', { mode: 0o775, uid: 1000 }, false],
    ["root's, sticky", { mode: 0o1777, uid: 0 }, false],
    ["root's, for everybody", { mode: 0o777, uid: 0 }, true],
    ['my own, for everybody', { mode: 0o777, uid: 1000 }, true],
    ["another user's", { mode: 0o1775, uid: 1001 }, true],
  ])('one that is %s', (_what, stats, expected) => {
    expect(isShared(stats, 1000)).toBe(expected);
  });

  it('is refused before anything comes', async ({ skip }) => {
    skip(process.geteuid === undefined, 'there are no such rights here');
    const cwd = await temporaryDirectory();
    await fs.chmod(cwd, 0o777);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
    const problem = await problemOf(planLanding(optionsFor(cwd, [file('a', 'a')])));
    expect(problem.message).toMatch(/Others may move what lands in .* Choose another/);
    await fs.chmod(cwd, 0o755);
    await planLanding(optionsFor(cwd, [file('a', 'a')]));
  });
});

it('16 planted staging folders: the true reason is said', async () => {
  const cwd = await temporaryDirectory();
  for (let n = 1; n <= 16; n += 1) {
    const path = join(cwd, `.relay-receive-${NAMEPLATE}${n === 1 ? '' : `-${n}`}`);
    await fs.mkdir(path);
    await fs.chmod(path, 0o777);
  }
  const problem = await problemOf(planLanding(optionsFor(cwd, [file('a', 'a')])));
  expect(problem.message).toMatch(
    /^16 of the 16 names .* are taken there by what is not yours.* Remove them/,
  );
});
