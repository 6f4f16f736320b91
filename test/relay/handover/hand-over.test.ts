import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/ops/metrics/metrics.js';
import type { HandoverChannel, HandoverMessage } from '../../../src/relay/handover/channel.js';
import { eventually } from '../../helpers/eventually.js';
import { startRelay } from '../../helpers/relay.js';

/** A successor that takes what it is sent, and ends when it is told to. */
function successor({ isPrepared = true } = {}) {
  const kinds: string[] = [];
  const sockets: Socket[] = [];
  let tell: (message: HandoverMessage) => void = () => undefined;
  const onClosed: (() => void)[] = [];
  const listeners: ((message: HandoverMessage) => void)[] = [];
  tell = (message) => listeners.forEach((listener) => listener(message));
  const channel: HandoverChannel = {
    send(message, socket) {
      kinds.push(message.kind);
      if (message.kind === 'yielded' && isPrepared) queueMicrotask(() => tell({ kind: 'prepared' }));
      if (socket !== undefined) sockets.push(socket);
    },
    onMessage: (listener) => void listeners.push(listener),
    onClose: (listener) => void onClosed.push(listener),
    close: () => undefined,
  };
  return { channel, kinds, sockets, end: () => onClosed.forEach((listener) => listener()) };
}

describe('handing over', () => {
  it('gives nothing away before the successor has what it needs', async () => {
    await using relay = await startRelay();
    const sender = await relay.connect('code:sender:status\n');
    await sender.untilText('WAITING');
    const { channel, kinds, end } = successor({ isPrepared: false });
    const handedOver = expect(relay.relay.handOver(channel)).rejects.toThrow('before it listened');
    const receiver = await relay.connect('code:receiver\nhere');
    await sender.untilText('PAIRED\nhere');
    end();
    await handedOver;
    expect(kinds).toEqual(['yielded']);
    receiver.end();
  });

  it('counts nobody as open who was lost with a successor', async () => {
    const metrics = createMetrics({ rooms: () => ({ waiting: 0, paired: 0, held: 0 }) });
    await using relay = await startRelay({ observer: metrics });
    const sender = await relay.connect('code:sender:status\n');
    await sender.untilText('WAITING');
    expect(metrics.totals().connections).toBe(1);
    const { channel, kinds, sockets, end } = successor();
    const handedOver = expect(relay.relay.handOver(channel)).rejects.toThrow('before it listened');
    await eventually(() => expect(kinds).toContain('go'));
    for (const socket of sockets) socket.destroy();
    end();
    await handedOver;
    await sender.untilEnd();
    await eventually(() => expect(metrics.totals().connections).toBe(0));
    // And this one goes on.
    const other = await relay.connect('code:sender:status\n');
    await other.untilText('WAITING');
  });

  it('says nothing to one that has gone, though there was no place for it', async () => {
    await using relay = await startRelay({ maxConnections: 1, proxyProtocol: ['127.0.0.1'] });
    const first = await relay.connect('PROXY UNKNOWN\r\nx:sender:status\n');
    await first.untilText('WAITING');
    const halfway = await relay.connect('PROX');
    await eventually(() => expect(relay.open()).toBe(2));
    const { channel, kinds, sockets, end } = successor();
    const handedOver = expect(relay.relay.handOver(channel)).rejects.toThrow('before it listened');
    await eventually(() => expect(kinds).toContain('go'));
    expect(sockets).toHaveLength(2);
    await new Promise(setImmediate);
    for (const socket of sockets) socket.destroy();
    end();
    await handedOver;
    await halfway.untilClosed();
    expect(halfway.text).toBe('');
  });
});
