import { describe, expect, it } from 'vitest';
import type { HandoverChannel, HandoverMessage } from '../../src/relay/handover/channel.js';
import { createRelay } from '../../src/relay/relay.js';

describe('a relay that is closed while it starts', () => {
  it.each([undefined, '127.0.0.1', 'localhost'])('does not listen any more, on %s', async (host) => {
    const relay = createRelay({ port: 0, host });
    const started = relay.start();
    const outcome = expect(started).rejects.toThrow('closed before it listened');
    await relay.close({ graceMs: 0 });
    await outcome;
    expect(relay.address).toBeUndefined();
  });

  it('or before it starts', async () => {
    const relay = createRelay({ port: 0, host: '127.0.0.1' });
    await relay.close();
    await expect(relay.start()).rejects.toThrow('closed before it listened');
  });

  it('does not listen when it has taken over, either', async () => {
    let tell: (message: HandoverMessage) => void = () => undefined;
    const channel: HandoverChannel = {
      send: () => undefined,
      onMessage: (listener) => void (tell = listener),
      onClose: () => undefined,
      close: () => undefined,
    };
    const relay = createRelay({ port: 0, host: '127.0.0.1' });
    const started = relay.start({ predecessor: channel });
    const outcome = expect(started).rejects.toThrow('closed before it listened');
    const closed = relay.close();
    tell({ kind: 'go' });
    await outcome;
    await closed;
    expect(relay.address).toBeUndefined();
  });
});
