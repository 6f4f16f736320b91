import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectSettings } from '../../../../src/cli/server/inspect/settings.js';
import { resolveGiven } from '../../../../src/cli/server/settings.js';
import { openFilesLimit } from '../../../../src/relay/open-files.js';

let directory: string;
let config: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relay-inspect-'));
  config = join(directory, 'relay.toml');
  await writeFile(config, 'prot = 1\nidle-timeout = 3\n');
});

afterAll(() => rm(directory, { recursive: true }));

const inspect = (typed: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) =>
  inspectSettings(resolveGiven(typed, env, readFileSync), env);

describe('inspectSettings', () => {
  it('has nothing against the defaults', async () => {
    expect(await inspect({})).toEqual([
      {
        level: 'ok',
        about: 'open files',
        text: expect.stringMatching(/, for [1-9]\d* connections\.$/) as string,
      },
    ]);
  });

  it('names all that is wrong, wherever it was given', async () => {
    const findings = await inspect({ config, port: 'x' }, { RELAY_ADMIN_PORT: 'y', RELAY_PROT: '1' });
    expect(findings.filter(({ level }) => level === 'fail').map(({ text }) => text)).toEqual([
      `${config}:1: there is no setting "prot". Did you mean port?`,
      '--port: "x" is not a whole number from 0 to 65535.',
      expect.stringMatching(/^--idle-timeout \(from .*relay\.toml:2\): "3" is not a duration/),
      '--admin-port (from RELAY_ADMIN_PORT): "y" is not a whole number from 0 to 65535.',
    ]);
    expect(findings).toContainEqual({
      level: 'warn',
      about: 'variables',
      text: 'RELAY_PROT changes nothing. Did you mean RELAY_PORT?',
    });
  });

  it.each([
    [0o644, 'ok'],
    [0o664, 'ok'],
    [0o666, 'warn'],
  ])('looks at who may write the file of settings: %o', async (mode, level) => {
    await chmod(config, mode);
    expect(await inspect({ config })).toContainEqual(expect.objectContaining({ about: 'config', level }));
  });

  it('says once that the file is not there', async () => {
    const findings = await inspect({ config: join(directory, 'nowhere') });
    expect(findings.filter(({ level }) => level !== 'ok')).toHaveLength(1);
  });

  it('has nothing against a directory for quotas, and an address for the admin port', async () => {
    const typed = { stateDir: directory, dailyQuota: '1GB', adminHost: '127.0.0.1', adminPort: '0' };
    expect((await inspect(typed)).filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it('loads the senders file as the relay does, and shows nothing of it', async () => {
    const sendersFile = join(directory, 'senders');
    expect(await inspect({ sendersFile })).toContainEqual({
      level: 'fail',
      about: 'senders',
      text: `the senders file "${sendersFile}" cannot be used: there is no such file.`,
    });
    const hash = `sha256$${'ab'.repeat(32)}`;
    await writeFile(sendersFile, `ada:${hash}\n`);
    expect(await inspect({ sendersFile })).toContainEqual({
      level: 'ok',
      about: 'senders',
      text: `${sendersFile} names 1.`,
    });
    await chmod(sendersFile, 0o666);
    expect(await inspect({ sendersFile })).toContainEqual(
      expect.objectContaining({ about: 'senders', level: 'warn' }),
    );
    await writeFile(sendersFile, `ada:${hash}\nbob:${hash}x\n`);
    const [finding] = (await inspect({ sendersFile })).filter(({ level }) => level === 'fail');
    expect(finding?.text).toContain('line 2');
    expect(finding?.text).not.toContain('abab');
  });

  it.each([
    ['', 'ok', 'ok'],
    // The relay makes the one, and not the other.
    ['none', 'ok', 'fail'],
    ['relay.toml', 'fail', 'fail'],
  ])('looks for the directories that are written to: %j', async (name, state, control) => {
    const stateDir = join(directory, name);
    const findings = await inspect({ stateDir, control: join(stateDir, 'control.sock') });
    expect(findings).toContainEqual(expect.objectContaining({ about: 'state-dir', level: state }));
    expect(findings).toContainEqual(expect.objectContaining({ about: 'control', level: control }));
  });

  it.each([
    [0, 'warn'],
    [100, 'ok'],
  ])('looks for room for the connections: %d less than the open files', async (less, level) => {
    const findings = await inspect({ maxConnections: `${openFilesLimit() - less}` });
    expect(findings).toContainEqual(expect.objectContaining({ about: 'open files', level }));
  });
});
