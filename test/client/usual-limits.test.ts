import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProxy } from '../helpers/proxy.js';
import { startRelay } from '../helpers/relay.js';
import { plant, scratch, startReceiving, startSending, tree } from '../helpers/transfer.js';

const CODE = '7308-olive-basic';
const CUTS = 15;
/** A relay's own, which tests are spared as a rule. */
const USUAL = { rateLimitIp: 60, rateLimitCode: 30, maxConnectionsPerIp: 64 };

it('two tools behind one address are not refused by the usual limits, however often their line is cut', async () => {
  await using relay = await startRelay(USUAL);
  await using proxy = await startProxy(relay.port);
  const hurry = proxy.add({ kind: 'bandwidth', bytesPerSecond: 4_000_000 });
  await using from = await scratch();
  await using to = await scratch();
  await plant(from.path, { file: randomBytes(60_000_000) });
  const source = { kind: 'paths' as const, paths: [join(from.path, 'file')] };
  const sending = startSending(proxy.port, { source, code: CODE });
  await sending.until('waiting');
  const receiving = startReceiving(proxy.port, CODE, to.path);
  let cuts = 0;
  const connected = () => receiving.events.filter(({ event }) => event === 'connected').length;
  while (cuts < CUTS && !receiving.events.some(({ event }) => event === 'done')) {
    // In each session, once something of it has come.
    const seen = receiving.events.length;
    while (connected() <= cuts || receiving.events.length < seen + 5)
      await new Promise((resolve) => setTimeout(resolve, 20));
    proxy.cut();
    cuts += 1;
  }
  hurry();
  await Promise.all([sending.done, receiving.done]);
  expect(cuts).toBe(CUTS);
  expect(await tree(to.path)).toEqual(await tree(from.path));
  const endings = new Set(relay.records.map(({ ending }) => ending));
  for (const refused of ['source-blocked', 'code-blocked', 'invalid-code', 'code-in-use'])
    expect(endings).not.toContain(refused);
}, 180_000);
