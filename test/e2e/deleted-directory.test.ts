import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

describe.runIf(process.platform === 'linux')('a current directory that was deleted', () => {
  it.each([
    ['relay-send', ['notes.txt']],
    ['relay-receive', ['--yes', '7312-olive-basic']],
    ['relay-receive', ['--yes', '--output', 'here', '7312-olive-basic']],
  ])('%s %j says so in one line', (tool, parameters) => {
    const gone = mkdtempSync(join(tmpdir(), 'gone-'));
    const script = 'cd "$0" && rmdir "$0" && exec "$@"';
    const command = [process.execPath, resolve(`bin/${tool}.js`), ...parameters];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script, gone, ...command], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `${tool}: The current directory was deleted. Change into another, and run it again.\n`,
    );
  });

  it('is no matter where every path is whole', () => {
    const gone = mkdtempSync(join(tmpdir(), 'gone-'));
    const tool = resolve('bin/relay-receive.js');
    const script = 'cd "$0" && rmdir "$0" && exec "$@"';
    const parameters = [tool, '--yes', '--relay', '127.0.0.1:1', '--output', tmpdir(), '7312-olive-basic'];
    const run = () =>
      execFileSync('sh', ['-c', script, gone, process.execPath, ...parameters], { stdio: 'pipe' });
    expect(run).toThrow(/No relay answers at 127.0.0.1:1/);
  });
});
