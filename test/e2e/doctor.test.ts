import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RelayProcess } from '../helpers/process.js';

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { readonly level: string; readonly about: string; readonly text: string }[];
}

describe.concurrent('relay-server doctor', () => {
  it('tries a transfer beside a relay that runs, and leaves that alone', async () => {
    await using relay = await RelayProcess.start();
    const args = ['--host', '127.0.0.1', '--port', `${relay.port}`, '--json'];
    await using doctor = await RelayProcess.run(['doctor', ...args]);
    expect(doctor.stderr).toBe('');
    expect(await doctor.exited()).toBe(0);
    const { ok, findings } = JSON.parse(doctor.stdout) as Report;
    expect(ok).toBe(true);
    const found = new Map(findings.map(({ about, level, text }) => [about, `${level}: ${text}`]));
    expect(found.get('port')).toBe(`ok: a relay listens on ${relay.port} already.`);
    expect(found.get('transfer')).toMatch(/^ok: 4 MiB each way /);
    for (const about of ['open files', 'Node.js', 'memory', 'backlog', 'tcp_rmem', 'tcp_wmem', 'clock'])
      expect([...found.keys()]).toContain(about);
    expect((await relay.untilEnded(1))[0]).toMatchObject({ ending: 'invalid-handshake' });
  });

  it('ends with 1 where a transfer cannot be, and says why', async () => {
    const args = ['--port', '0', '--max-connections', '1'];
    await using doctor = await RelayProcess.run(['doctor', ...args]);
    expect(await doctor.exited()).toBe(1);
    expect(doctor.stdout).toMatch(
      /^fail {2}transfer +the relay said "Server is full\. Try again later\."\.$/m,
    );
    expect(doctor.stdout).toMatch(/\nOne thing is wrong\.\n$/);
  });

  it('tries nothing with settings that cannot be', async () => {
    await using doctor = await RelayProcess.run(['doctor', '--port', 'x']);
    expect(await doctor.exited()).toBe(1);
    expect(doctor.stdout).not.toContain('transfer');
  });

  it('knows a socket unit that holds the port, and so does check', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'relay-systemctl-'));
    try {
      const unit =
        'Listen=127.0.0.1:443 (Stream)\nLoadState=loaded\nActiveState=active\nSubState=listening\n';
      await writeFile(join(folder, 'shown'), unit);
      // As systemctl says it, which runs where systemd does.
      await writeFile(join(folder, 'systemctl'), `#!/bin/sh\ncat '${folder}/shown'\n`);
      await chmod(join(folder, 'systemctl'), 0o755);
      const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      await using doctor = await RelayProcess.run(['doctor', '--port', '4000'], env);
      expect(doctor.stdout).toMatch(
        /^warn {2}socket unit +relay-server\.socket listens on 127\.0\.0\.1:443, /m,
      );
      expect(doctor.stdout).toMatch(/^ok {4}port +443 is held by the socket unit: /m);
      expect(await doctor.exited()).toBe(0);
      await using check = await RelayProcess.run(['check', '--port', '443'], env);
      expect(check.stdout).toMatch(/^ok {4}socket unit +relay-server\.socket opens 127\.0\.0\.1:443 /m);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
