import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseReceiveSettings } from '../../../src/cli/client/receive-settings.js';
import { parseSendSettings } from '../../../src/cli/client/send-settings.js';

const PARSERS = { 'relay-send': parseSendSettings, 'relay-receive': parseReceiveSettings } as const;
const TOOLS = ['relay-send', 'relay-receive'] as const;

function script(name: (typeof TOOLS)[number], shell: string): string {
  const result = PARSERS[name](['node', name, '--completion', shell], {}, '1.2.3');
  if (result.kind !== 'exit' || result.code !== 0) throw new Error('prints no script');
  return result.stdout;
}

const folder = mkdtempSync(join(tmpdir(), 'relay-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe.each(TOOLS)('%s --completion', (name) => {
  it.each(['bash', 'zsh', 'fish'])('%s names every option of --help', (shell) => {
    const help = PARSERS[name](['node', name, '--help'], {}, '1.2.3');
    const options = help.kind === 'exit' ? help.stdout.match(/(?<=^ {2}.*)--[a-z-]+(?= )/gm) : null;
    expect(options?.length).toBeGreaterThan(8);
    const text = script(name, shell);
    for (const option of options ?? [])
      expect(text).toContain(shell === 'fish' ? `-l ${option.slice(2)}` : option);
  });

  it.each(['bash', 'zsh', 'fish'])('%s is right for that shell, where it is there', (shell) => {
    if (!isThere(shell)) return;
    // A file: fish reads no script from its standard input without running it.
    const file = join(folder, `${name}.${shell}`);
    writeFileSync(file, script(name, shell));
    const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    expect(checked).toMatchObject({ status: 0, stderr: '' });
  });
});

describe.runIf(isThere('bash'))('in bash', () => {
  /** What Tab gives behind these words. */
  function complete(name: (typeof TOOLS)[number], ...words: string[]): string[] {
    const line = [name, ...words].map((word) => `'${word}'`).join(' ');
    const call = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _${name.replace('-', '_')}`;
    const ask = `${script(name, 'bash')}\n${call}\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const printed = execFileSync('bash', ['-c', ask], { encoding: 'utf8', cwd: import.meta.dirname });
    return printed.split('\n').filter((each) => each !== '');
  }

  it('completes options, values and paths', () => {
    expect(complete('relay-send', '--re')).toEqual(['--relay', '--receivers']);
    expect(complete('relay-send', '--completion', 'f')).toEqual(['fish']);
    expect(complete('relay-send', 'completion.te')).toEqual(['completion.test.ts']);
    expect(complete('relay-receive', '--output', 'completion.te')).toEqual(['completion.test.ts']);
    expect(complete('relay-receive', '-o', 'completion.te')).toEqual(['completion.test.ts']);
  });

  it('has nothing where only a person knows', () => {
    expect(complete('relay-send', '--code', '')).toEqual([]);
    expect(complete('relay-send', '--relay', 'c')).toEqual([]);
    expect(complete('relay-receive', '')).toEqual([]);
  });
});
