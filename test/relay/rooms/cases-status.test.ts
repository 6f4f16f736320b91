import { afterEach, describe, expect, it, vi } from 'vitest';
import { startRelay } from '../../helpers/relay.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('status lines', () => {
  it('come before the stream: WAITING to who waits, PAIRED to both', async () => {
    await using relay = await startRelay({ abandonAfterMs: 90_000 });
    const sender = await relay.connect('lines:sender:status\nearly');
    await sender.untilText('\n');
    expect(sender.text).toBe('WAITING 90\n');
    const receiver = await relay.connect('lines:receiver:status\n');
    await receiver.untilText('early');
    expect(receiver.text).toBe('PAIRED\nearly');
    receiver.end('reply');
    sender.end();
    expect(await sender.untilEnd()).toBe('WAITING 90\nPAIRED\nreplyDISCONNECT closed\n');
    expect(await receiver.untilEnd()).toBe('PAIRED\nearlyDISCONNECT closed\n');
    await relay.untilEmpty();
    // The relay's own lines are not the client's bytes.
    const bytes = relay.records.map(({ role, bytesIn, bytesOut }) => `${role} ${bytesIn} ${bytesOut}`);
    expect(bytes.sort()).toEqual(['receiver 5 5', 'sender 5 5']);
  });

  it('go to one side only, where only one asked', async () => {
    await using relay = await startRelay();
    const receiver = await relay.connect('lines:receiver:wait\n');
    await relay.untilRooms({ waiting: 1 });
    const sender = await relay.connect('lines:sender:status\n');
    sender.end('stream');
    expect(await receiver.finish()).toBe('streamDISCONNECT\n');
    expect(await sender.untilEnd()).toBe('PAIRED\nDISCONNECT closed\n');
    await relay.untilEmpty();
  });

  it('name a loss', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('lines', '', ':status');
    await receiver.untilText('PAIRED\n');
    sender.write('half of');
    await receiver.untilText('half of');
    sender.reset();
    expect(await receiver.finish()).toBe('PAIRED\nhalf ofDISCONNECT lost\n');
    await relay.untilEmpty();
    expect(relay.records.map(({ ending }) => ending).sort()).toEqual(['lost', 'lost']);
  });

  it('repeat WAITING every 30 s, with the seconds that are left', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    await using relay = await startRelay({ cleanupIntervalMs: 3_600_000 });
    const sender = await relay.connect('beat:sender:status\n');
    await sender.untilText('WAITING 600\n');
    vi.advanceTimersByTime(29_999);
    expect(sender.text).toBe('WAITING 600\n');
    vi.advanceTimersByTime(1);
    await sender.untilText('WAITING 570\n');
    vi.advanceTimersByTime(30_000);
    await sender.untilText('WAITING 540\n');
    const receiver = await relay.connect('beat:receiver:status\n');
    await sender.untilText('PAIRED\n');
    // No more of them: they would be in the middle of the stream.
    vi.advanceTimersByTime(120_000);
    receiver.end('stream');
    expect(await sender.finish()).toBe(
      'WAITING 600\nWAITING 570\nWAITING 540\nPAIRED\nstreamDISCONNECT closed\n',
    );
  });
});

describe('raw', () => {
  it('gets the exact bytes: no notice at the end', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('raw', '', ':raw');
    sender.end('the exact bytes');
    receiver.end('and back');
    expect(await receiver.untilEnd()).toBe('the exact bytes');
    expect(await sender.untilEnd()).toBe('and backDISCONNECT\n');
    await relay.untilEmpty();
  });

  it('with status: its lines before the stream, and no notice behind it', async () => {
    await using relay = await startRelay();
    const { sender, receiver } = await relay.pair('raw', ':status:raw', ':status:raw');
    await sender.untilText('PAIRED\n');
    receiver.write('exact');
    await sender.untilText('exact');
    receiver.reset();
    expect(await sender.finish()).toBe('WAITING 600\nPAIRED\nexact');
    await relay.untilEmpty();
  });

  it('is refused in words all the same', async () => {
    await using relay = await startRelay();
    expect(await relay.ask('raw:receiver:raw\n')).toMatch(/^Invalid code or key\./);
    expect(await relay.ask('raw:receiver:raw:status\n')).toMatch(/^ERROR invalid-code Invalid code or key\./);
  });
});
