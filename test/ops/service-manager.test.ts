import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServiceManager } from '../../src/ops/service-manager.js';

const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' };

function setUp(env: NodeJS.ProcessEnv = SOCKET, run?: (args: readonly string[]) => Promise<void>) {
  const said: string[][] = [];
  const problems: string[] = [];
  let count = 0;
  const manager = createServiceManager({
    env,
    pid: 42,
    status: () => `status ${(count += 1)}`,
    onProblem: (problem) => problems.push(problem),
    run: async (args) => {
      said.push([...args]);
      await run?.(args);
    },
  });
  return { manager, said, problems };
}

describe('the service manager', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is none where nobody waits for word', () => {
    expect(setUp({}).manager).toBeUndefined();
    expect(setUp({ NOTIFY_SOCKET: '' }).manager).toBeUndefined();
  });

  it('is told nothing before the relay is ready; then which process serves, and its status every 15 seconds', async () => {
    const { manager, said } = setUp();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual([]);
    manager!.ready();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(said).toEqual([['READY=1', 'MAINPID=42', 'STATUS=status 1']]);
    await vi.advanceTimersByTimeAsync(1);
    expect(said[1]).toEqual(['STATUS=status 2']);
  });

  it.each([
    ['this process', { WATCHDOG_PID: '42' }, true],
    ['whichever process', {}, true],
    ['another one', { WATCHDOG_PID: '41' }, false],
  ])('a watchdog for %s', async (_, env, isWatched) => {
    const { manager, said } = setUp({ ...SOCKET, WATCHDOG_USEC: '4000000', ...env });
    manager!.ready();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(said.slice(1)).toEqual(isWatched ? [['WATCHDOG=1', 'STATUS=status 2']] : []);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(said.slice(1).every(([first]) => (first === 'WATCHDOG=1') === isWatched)).toBe(true);
  });

  it.each(['', '0', '-1', 'soon'])('a watchdog of %j is none', async (time) => {
    const { manager, said } = setUp({ ...SOCKET, WATCHDOG_USEC: time });
    manager!.ready();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(said.flat()).not.toContain('WATCHDOG=1');
  });

  it('is told that the relay stops, and how long that may take', async () => {
    const { manager, said } = setUp();
    manager!.stopping(30_000);
    await manager!.close();
    // Ten seconds more than its transfers have: it has something to say and to save behind them.
    expect(said).toEqual([['STOPPING=1', 'EXTEND_TIMEOUT_USEC=40000000', 'STATUS=Stopping. status 1']]);
  });

  it('is told one thing after the other, and nothing after the end', async () => {
    let finish: (() => void) | undefined;
    const { manager, said } = setUp(SOCKET, () => new Promise((resolve) => (finish = resolve)));
    manager!.ready();
    manager!.stopping(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toHaveLength(1);
    const closed = manager!.close();
    finish!();
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toHaveLength(2);
    finish!();
    await closed;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toHaveLength(2);
  });

  it('is told of a successor before this process ends, and hears nothing from it then', async () => {
    let finish: (() => void) | undefined;
    const { manager, said } = setUp(SOCKET, () => new Promise((resolve) => (finish = resolve)));
    manager!.ready();
    await vi.advanceTimersByTimeAsync(0);
    let isOver = false;
    const over = manager!.succeededBy(43).then(() => (isOver = true));
    finish!();
    await vi.advanceTimersByTimeAsync(0);
    expect([said.at(-1), isOver]).toEqual([['MAINPID=43'], false]);
    finish!();
    await over;
    await vi.advanceTimersByTimeAsync(60_000);
    // A signal to this one ends the transfers that it still has, and not the service.
    manager!.stopping(30_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toHaveLength(2);
  });

  it('where it cannot be told, says so once, and goes on trying', async () => {
    const { manager, said, problems } = setUp(SOCKET, () => Promise.reject(new Error('no way')));
    manager!.ready();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(said).toHaveLength(3);
    expect(problems).toEqual(['no way']);
  });
});
