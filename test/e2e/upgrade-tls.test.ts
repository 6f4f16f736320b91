import { expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { certificateFiles } from '../helpers/tls.js';
import { UpgradingRelay } from '../helpers/upgrading.js';

it('an upgrade tells those who wait over TLS, who cannot be moved, and their codes are free', async () => {
  const { cert, key } = certificateFiles();
  await using relay = await UpgradingRelay.start(['--tls-cert', cert, '--tls-key', key]);
  const come = (line?: string): Promise<Client> =>
    Client.connect(relay.port, { tls: true, ...(line !== undefined && { line }) });
  using silent = await come();
  using plain = await come('plain:sender\nearly');
  using waiting = await come('tls:receiver:wait:status\n');
  using sender = await come('mixed:sender:receivers=2:status\n');
  await Promise.all([waiting, sender].map((client) => client.untilText('WAITING')));
  // In the room of one that cannot, this one can.
  using moved = await Client.connect(relay.port, { line: 'mixed:receiver:status\n' });
  await moved.untilText('WAITING');
  await relay.upgrade();
  const words = 'Server is shutting down.\n';
  expect([await silent.finish(), await plain.finish()]).toEqual([words, words]);
  const [first, second] = [await waiting.finish(), await sender.finish()];
  expect(first).toMatch(/^WAITING \d+\nERROR shutting-down Server is shutting down\.\n$/);
  expect(second).toMatch(/^WAITING \d+\nERROR shutting-down Server is shutting down\.\n$/);

  using again = await come('tls:receiver:wait:status\n');
  await again.untilText('WAITING');
  using peer = await come('tls:sender\nhello');
  await again.untilText('PAIRED\nhello');
  using other = await come('mixed:sender\nand you');
  await moved.untilText('PAIRED\nand you');
  await relay.untilGone(relay.pids[0]!);
  await eventually(() =>
    expect(relay.lines.filter(({ ending }) => ending === 'shutting-down')).toHaveLength(4),
  );
  expect(relay.stderr).toBe('');
  for (const client of [peer, other]) client.end();
});
