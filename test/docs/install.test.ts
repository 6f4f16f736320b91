import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const OPERATIONS = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const TARBALL = 'relay-server-0.1.0.tgz';

/** The first example of shell that has these words. */
function example(words: string): string {
  const found = [...OPERATIONS.matchAll(/^```sh\n(.*?)^```$/gms)].find(([block]) => block.includes(words));
  return found?.[1] ?? '';
}

it('as docs/operations.md has it, installs, and upgrades again and again', () => {
  const root = mkdtempSync(join(tmpdir(), 'relay-install-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  mkdirSync(join(root, 'package/bin'), { recursive: true });
  /** A program of that version, as `npm pack` packs it. */
  const pack = (version: string): void => {
    const program = `#!${process.execPath}\nconsole.log('${version}')\n`;
    writeFileSync(join(root, 'package/bin/relay-server.js'), program, { mode: 0o755 });
    execFileSync('tar', ['czf', TARBALL, 'package'], { cwd: root });
  };
  /** Runs it below that root, without a service. */
  const run = (script: string): string => {
    const here = script
      .replaceAll('sudo ', '')
      .replaceAll('/opt/', `"$PWD"/opt/`)
      .replaceAll('/usr/local/bin/', `"$PWD"/usr/local/bin/`)
      .replace(/^systemctl .*$/m, '');
    expect(here).not.toBe('');
    const env = { ...process.env, PATH: `${root}/usr/local/bin:${process.env['PATH'] ?? ''}` };
    return execFileSync('sh', ['-ec', here], { cwd: root, env, encoding: 'utf8' });
  };
  pack('1');
  expect(run(example('sudo mkdir -p /opt/relay-server'))).toBe('1\n');
  for (const version of ['2', '3', '4']) {
    pack(version);
    expect(run(example('/opt/relay-server.new'))).toBe(`${version}\n`);
    expect(run('relay-server --version')).toBe(`${version}\n`);
    expect(readdirSync(join(root, 'opt'))).toEqual(['relay-server', 'relay-server.old']);
    expect(readdirSync(join(root, 'opt/relay-server.old'))).toEqual(['bin']);
  }
});
