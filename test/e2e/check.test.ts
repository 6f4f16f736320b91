import { describe, expect, it } from 'vitest';
import { RelayProcess } from '../helpers/process.js';

describe.concurrent('relay-server check', () => {
  it('ends with 0 where nothing is wrong, and listens nowhere', async () => {
    await using check = await RelayProcess.run(['check', '--port', '1', '--json']);
    expect(await check.exited()).toBe(0);
    expect(check.stderr).toBe('');
    const { ok, settings } = JSON.parse(check.stdout) as { ok: boolean; settings: object[] };
    expect(ok).toBe(true);
    expect(settings).toContainEqual({ name: 'port', value: '1', from: 'flag' });
    expect(settings).toContainEqual({
      name: 'max-connections',
      value: expect.stringMatching(/^\d+$/) as string,
      from: 'default',
    });
  });

  it('ends with 2 where something is wrong, and says all of it', async () => {
    await using check = await RelayProcess.run(['check', '--port', 'x', '--config', '/no/such/file']);
    expect(await check.exited()).toBe(2);
    expect(check.stdout).toContain('fail  settings    --port: "x" is not a whole number from 0 to 65535.\n');
    expect(check.stdout).toContain('cannot read "/no/such/file": there is no such file.\n');
    expect(check.stdout).toMatch(/\n2 things are wrong\.\n$/);
  });

  it('says what flags lack beside what is wrong with them, and which change nothing', async () => {
    const args = [
      'check',
      '--port',
      'x',
      '--tls-only',
      '--admin-host',
      '127.0.0.1',
      '--state-dir',
      '/nowhere',
    ];
    await using check = await RelayProcess.run(args);
    expect(await check.exited()).toBe(2);
    expect(check.stdout).toContain('fail  settings    --port: "x" is not a whole number from 0 to 65535.\n');
    expect(check.stdout).toContain('fail  settings    --tls-only needs a certificate: give');
    expect(check.stdout).toMatch(/^warn {2}settings +--admin-host changes nothing without --admin-port\.$/m);
    expect(check.stdout).toMatch(/^warn {2}settings +--state-dir changes nothing without --daily-quota\.$/m);
    expect(check.stdout).toMatch(/\n2 things are wrong\.\n$/);
  });

  it('refuses what the relay refuses, in one line', async () => {
    await using check = await RelayProcess.run(['check', '--prot', '1']);
    expect(await check.exited()).toBe(2);
    expect(check.stdout).toBe('');
    expect(check.stderr).toBe(
      "relay-server check: unknown option '--prot' (Did you mean --port?). See relay-server check --help.\n",
    );
  });

  it('is in --help, and has one', async () => {
    await using help = await RelayProcess.run(['--help']);
    expect(help.stdout).toContain('\n  check ');
    await using own = await RelayProcess.run(['check', '--help']);
    expect(await own.exited()).toBe(0);
    expect(own.stdout).toMatch(/^Usage: relay-server check \[options\]\n/);
  });
});
