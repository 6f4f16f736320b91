import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from './errors.js';

/*
 * A staging directory belongs to the process that is named in its newest lock, `lock-<generation>`. A lock is made
 * whole and exclusively (a hard link to a finished file), so it is never seen empty, and a dead process's lock is
 * followed by the next generation rather than removed: of two that find it dead, one makes that and the other cannot.
 */

const LOCK = /^lock-([1-9][0-9]{0,8})$/;

/** Locks that this process holds: its own pid alone cannot tell them from those of an earlier one with that pid. */
const held = new Set<string>();

/** Whether a living process has this staging directory. False where there is none. */
export async function isLocked(staging: string): Promise<boolean> {
  const newest = await newestLock(staging);
  return newest > 0 && (await isAlive(join(staging, `lock-${newest}`)));
}

/** @returns the lock's path, or undefined where somebody else has the directory, or it is gone */
export async function takeLock(staging: string): Promise<string | undefined> {
  try {
    const dead = await newestLock(staging);
    if (dead > 0 && (await isAlive(join(staging, `lock-${dead}`)))) return undefined;
    const mine = join(staging, `lock-${dead + 1}`);
    if (!(await createWhole(mine))) return undefined;
    // Whoever looked long ago may have made an old generation again, that was removed since.
    if ((await newestLock(staging)) !== dead + 1) {
      await fs.rm(mine, { force: true });
      return undefined;
    }
    held.add(mine);
    for (const name of await fs.readdir(staging)) {
      if (generationOf(name) < dead + 1 && generationOf(name) > 0)
        await fs.rm(join(staging, name), { force: true });
    }
    return mine;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export async function dropLock(lock: string): Promise<void> {
  held.delete(lock);
  await fs.rm(lock, { force: true });
}

async function newestLock(staging: string): Promise<number> {
  return Math.max(0, ...(await fs.readdir(staging)).map(generationOf));
}

function generationOf(name: string): number {
  return Number(LOCK.exec(name)?.[1] ?? 0);
}

async function createWhole(lock: string): Promise<boolean> {
  const content = `${process.pid} ${(await describeProcess(process.pid))?.started ?? ''}\n`;
  const draft = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await fs.writeFile(draft, content, { flag: 'wx', mode: 0o600 });
  try {
    await fs.link(draft, lock);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    if (errnoOf(error) === 'ENOENT') throw error;
    // No hard links here. Killed between its two steps, this one leaves an empty lock, which counts as dead.
    return await fs.writeFile(lock, content, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      (failure: unknown) => {
        if (errnoOf(failure) === 'EEXIST') return false;
        throw failure;
      },
    );
  } finally {
    await fs.rm(draft, { force: true });
  }
}

async function isAlive(lock: string): Promise<boolean> {
  if (held.has(lock)) return true;
  const content = await fs.readFile(lock, 'utf8').catch(() => '');
  const [, pid = '', started = ''] = /^([1-9][0-9]*) ([0-9]*)\n$/.exec(content) ?? [];
  if (pid === '') return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    if (errnoOf(error) !== 'EPERM') return false;
  }
  const now = await describeProcess(Number(pid));
  // Without start times, an own pid that is not in `held` is that of an earlier process.
  if (now === undefined || started === '') return Number(pid) !== process.pid;
  return !now.isZombie && now.started === started;
}

/** Linux only: what tells a process from a later one with its number, proc(5); undefined elsewhere. */
async function describeProcess(pid: number): Promise<{ started: string; isZombie: boolean } | undefined> {
  const text = await fs.readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = fields[19];
  return started === undefined ? undefined : { started, isZombie: fields[0] === 'Z' || fields[0] === 'X' };
}
