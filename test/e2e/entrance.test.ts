import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { RelayProcess } from '../helpers/process.js';
import { headerV1 } from '../helpers/proxy-headers.js';
import { certificateFiles, dialRelay, subjectOf } from '../helpers/tls.js';

const NO_ROOM = 'Invalid code or key. You have 2 tries remaining before this code is blocked.\n';

it('takes TLS, and shows a renewed certificate after SIGHUP, while a transfer goes on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'entrance-'));
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const put = async (name: '' | 'renewed-'): Promise<void> => {
    const { cert, key } = certificateFiles(name);
    await Promise.all([copyFile(cert, files.cert), copyFile(key, files.key)]);
  };
  await put('');
  const flags = ['--tls-cert', files.cert, '--tls-key', files.key, '--tls-only', '--admin-port', '0'];
  await using relay = await RelayProcess.start(flags);
  const sender = await Client.connect(relay.port, { tls: true, line: 'abc:sender\nbefore' });
  const receiver = await Client.connect(relay.port, { tls: true, line: 'abc:receiver:wait:raw\n' });
  await receiver.untilText('before');
  await put('renewed-');
  relay.kill('SIGHUP');
  await relay.untilLogged('certificate renewed');
  const newcomer = await dialRelay(relay.port, { tls: true });
  expect([subjectOf(sender.socket), subjectOf(newcomer)]).toEqual(['localhost', 'renewed']);
  newcomer.destroy();
  sender.end(' and after');
  expect(await receiver.finish()).toBe('before and after');

  const plain = await Client.connect(relay.port, { line: 'abc:receiver\n' });
  expect(await plain.finish()).toBe('Invalid handshake: this relay takes TLS only.\n');
  const metrics = await (await fetch(`http://127.0.0.1:${relay.adminPort}/metrics`)).text();
  expect(metrics).toMatch(/^relay_tls_certificate_expiry_timestamp_seconds 4\.?\d+(e9|\d{9})?$/m);
  expect(relay.stderr).toBe('');
  await rm(directory, { recursive: true });
});

it('takes PROXY headers from where it is told, and logs whom they name', async () => {
  await using relay = await RelayProcess.start(['--proxy-protocol', '10.0.0.0/8, 127.0.0.0/8']);
  const before = headerV1('203.0.113.9');
  const client = await Client.connect(relay.port, { before, line: 'abc:receiver\n' });
  expect(await client.finish()).toBe(NO_ROOM);
  expect(await relay.untilEnded(1)).toMatchObject([{ source: '203.0.113.9', ending: 'invalid-code' }]);
});

it.each([
  [['--tls-cert', 'x'], 2, '--tls-cert needs its private key: give --tls-key too.'],
  [['--tls-key', 'x'], 2, '--tls-key needs its certificate: give --tls-cert too.'],
  [['--tls-only'], 2, '--tls-only needs a certificate: give --tls-cert and --tls-key too.'],
  [['--proxy-protocol', 'banana'], 2, '--proxy-protocol: "banana" is not IP addresses or networks'],
  [
    ['--tls-cert', '/none', '--tls-key', '/none'],
    1,
    'the certificate "/none" cannot be used: there is no such file.',
  ],
])('%j: one line, and exit %i', async (flags, code, message) => {
  await using relay = await RelayProcess.run(flags);
  expect(await relay.exited()).toBe(code);
  expect(relay.stderr).toContain(message);
  expect(relay.stderr.trim().split('\n')).toHaveLength(1);
});
