import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../helpers/certificates.js';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { plant, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const authority = createAuthority();
const tls = authority.issue(['localhost']);
const to = (port: number) => ({ host: 'localhost', port, tls: { ca: [authority.cert] } });

describe('a relay with TLS of its own', () => {
  it('carries a transfer, with a token, through a cut', async () => {
    const authorize = (token: string) => (token === 'T' ? 'ada' : undefined);
    await using relay = await startRelay({ host: 'localhost', tls, authorize });
    const toxics = [{ kind: 'bandwidth', bytesPerSecond: 6_500_000 }] as const;
    await using line = await startProxy(relay.port, { toxics });
    await using from = await scratch();
    await using into = await scratch();
    await plant(from.path, { file: randomBytes(6_000_000) });
    const paths = [`${from.path}/file`];
    const sending = startSending(0, { relay: to(line.port), token: 'T', source: { kind: 'paths', paths } });
    const { code } = await sending.until('code');
    const receiving = startReceiving(0, code, into.path, { relay: to(line.port) });
    await receiving.until('progress');
    line.cut();
    await Promise.all([sending.done, receiving.done]);
    expect(await tree(into.path)).toEqual(await tree(from.path));
    expect(receiving.events.some(({ event }) => event === 'cut')).toBe(true);
    const names = relay.records.flatMap(({ role, sender }) => (role === 'sender' ? [sender] : []));
    expect(new Set(names)).toEqual(new Set(['ada']));
  });

  it('keeps the note of a side that ends while the line is cut', async () => {
    await using relay = await startRelay({ host: 'localhost', tls });
    const toxics = [{ kind: 'bandwidth', bytesPerSecond: 6_500_000 }] as const;
    await using near = await startProxy(relay.port, { toxics });
    await using far = await startProxy(relay.port);
    await using from = await scratch();
    await using into = await scratch();
    await plant(from.path, { file: randomBytes(6_000_000) });
    const paths = [`${from.path}/file`];
    const sending = startSending(0, { relay: to(near.port), source: { kind: 'paths', paths } });
    const { code } = await sending.until('code');
    const receiving = startReceiving(0, code, into.path, { relay: to(far.port) });
    await receiving.until('progress');
    far.target = 1;
    far.cut();
    await sending.until('cut');
    sending.abort();
    await expect(sending.done).rejects.toThrow('Stopped.');
    far.target = relay.port;
    await expect(receiving.done).rejects.toMatchObject({ code: 'stopped' });
  });

  it('that takes TLS only says so to a sender without', async () => {
    await using relay = await startRelay({ tls: { ...tls, only: true } });
    const sending = startSending(relay.port, { source: { kind: 'text', text: 'hello' } });
    await expect(sending.done).rejects.toThrow(
      'The relay takes TLS only. Give --tls, or write relays:// before its address.',
    );
  });

  it('that is full turns a sender away before TLS, which is told so', async () => {
    await using relay = await startRelay({ host: 'localhost', tls, maxConnectionsPerIp: 1 });
    await relay.connect('1:sender\n', { host: 'localhost' });
    await relay.untilRooms({ waiting: 1 });
    const sending = startSending(0, { relay: to(relay.port), source: { kind: 'text', text: 'hello' } });
    await expect(sending.done).rejects.toThrow('turns your address away');
  });
});
