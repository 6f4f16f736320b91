import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { upgrade } from '../../../src/cli/server/upgrade.js';
import type { HandoverChannel } from '../../../src/relay/handover/channel.js';
import type { Relay } from '../../../src/relay/relay.js';

let startProcess: () => Child;
// eslint-disable-next-line @typescript-eslint/require-await -- it may throw
vi.mock('../../../src/cli/server/successor.js', () => ({ startSuccessor: async () => startProcess() }));

class Child {
  readonly pid = 43;
  isAlive = true;
  readonly channel = Object.assign(new EventEmitter(), { connected: true });

  readonly kill = vi.fn(() => this.end());

  end(): void {
    this.isAlive = false;
    this.channel.connected = false;
    this.channel.emit('disconnect');
  }
}

function setUp(handOver: (channel: HandoverChannel) => Promise<void> = () => Promise.resolve()) {
  const child = new Child();
  startProcess = () => child;
  const failed = vi.fn();
  const logger = { info: vi.fn(), warn: vi.fn(), error: failed } as unknown as Logger;
  const yieldPorts = vi.fn();
  const stopping = new AbortController();
  const relay = { fd: 7, rooms: {}, handOver } as unknown as Relay;
  const run = (own = {}) => upgrade({ relay, logger, yieldPorts, stopping: stopping.signal, ...own });
  return { child, failed, logger, yieldPorts, stopping, relay, run };
}

/** As a relay does that waits for word of its successor. */
function waiting(channel: HandoverChannel): Promise<void> {
  return new Promise((_, reject) => channel.onClose(() => reject(new Error('it ended'))));
}

describe('an upgrade', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('gives up its ports when the successor can run, and not before', async () => {
    const { child, yieldPorts, run } = setUp();
    const done = run();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(yieldPorts).not.toHaveBeenCalled();
    child.channel.emit('message', { kind: 'ready' });
    expect(await done).toBe(43);
    expect(yieldPorts).toHaveBeenCalledOnce();
    expect(child.kill).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a successor that stands still in the middle, and this relay has its work back', async () => {
    const { child, failed, run } = setUp(waiting);
    const done = run();
    await vi.advanceTimersByTimeAsync(0);
    child.channel.emit('message', { kind: 'ready' });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(child.kill).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(child.kill).toHaveBeenCalledOnce();
    expect(await done).toBeUndefined();
    expect(failed.mock.calls[0]![0]).toEqual({
      successor: 43,
      why: 'the successor did not take over in time',
    });
  });

  it('waits no more for one that starts, when this relay is stopped', async () => {
    const { child, failed, stopping, run } = setUp();
    const done = run();
    await vi.advanceTimersByTimeAsync(1_000);
    stopping.abort();
    await vi.advanceTimersByTimeAsync(1);
    expect(child.kill).toHaveBeenCalledOnce();
    expect(await done).toBeUndefined();
    expect(failed.mock.calls[0]![0]).toEqual({
      successor: 43,
      why: 'this relay was stopped in the meantime',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets one that cannot take over say why, before it is killed', async () => {
    const { child, run } = setUp(() => Promise.reject(new Error('the successor ended before it listened')));
    const done = run();
    await vi.advanceTimersByTimeAsync(0);
    child.channel.emit('message', { kind: 'ready' });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(child.kill).not.toHaveBeenCalled();
    child.end();
    await vi.advanceTimersByTimeAsync(20);
    expect(await done).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(child.kill).not.toHaveBeenCalled();
  });

  it('is none for the first process of a container, with which all others end', async () => {
    const { logger, yieldPorts, run } = setUp();
    expect(await run({ pid: 1 })).toBeUndefined();
    expect(logger.warn).toHaveBeenCalledWith('no upgrade now: its container would end with this process');
    expect(yieldPorts).not.toHaveBeenCalled();
  });

  it('is none where no process can be started, and where the relay does not listen yet', async () => {
    const { failed, logger, relay, run } = setUp();
    startProcess = () => {
      throw new Error('spawn ENOMEM');
    };
    expect(await run()).toBeUndefined();
    expect(failed.mock.calls[0]![0]).toEqual({ successor: undefined, why: 'spawn ENOMEM' });
    Object.assign(relay, { fd: undefined });
    expect(await run()).toBeUndefined();
    expect(logger.warn).toHaveBeenCalledWith('no upgrade now: this relay does not listen yet');
  });
});
