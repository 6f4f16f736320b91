import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));
const { tooOld } = createRequire(import.meta.url)('../../bin/start.js') as {
  readonly tooOld: (tool: string, version: string) => string | undefined;
};

/** Runs a program of the package under a Node.js that says that it is of this version. */
function runAs(version: string, program: string) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  return spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, `${BIN}${program}.js`, '--version'],
    { encoding: 'utf8' },
  );
}

describe.each(['relay-server', 'relay-send', 'relay-receive'])(
  '%s with a Node.js that is too old',
  (program) => {
    it('says in one line which is needed, and exits with 1', () => {
      expect(runAs('18.20.8', program)).toMatchObject({
        status: 1,
        stdout: '',
        stderr: `${program}: it needs Node.js 20.19 or later, and this one is 18.20.8. Install a newer one: https://nodejs.org/en/download\n`,
      });
    });

    it('runs with one that is not', () => {
      expect(runAs('20.19.0', program)).toMatchObject({ status: 0, stderr: '' });
    });
  },
);

it.each([
  ['0.10.48', '20.19'],
  ['10.24.1', '20.19'],
  ['18.20.8', '20.19'],
  ['20.9.0', '20.19'],
  ['20.18.3', '20.19'],
  ['20.19.0', undefined],
  ['20.20.2', undefined],
  // They do not load what the programs are made of: no require() of a module yet.
  ['21.7.3', '22.12'],
  ['22.2.0', '22.12'],
  ['22.11.0', '22.12'],
  ['22.12.0', undefined],
  ['24.0.0', undefined],
  ['26.1.0-nightly', undefined],
])('Node.js %s: what is needed is %s', (version, needed) => {
  const problem = tooOld('relay-send', version);
  if (needed === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(`it needs Node.js ${needed} or later`);
});

it('is in words that the oldest Node.js reads, as far as it has to come', () => {
  const files = readdirSync(BIN).filter((file) => file.endsWith('.js') && file !== 'run.js');
  expect(files).toHaveLength(4);
  for (const file of files) {
    const source = readFileSync(`${BIN}${file}`, 'utf8');
    const found = new Linter().verify(source, {
      languageOptions: { ecmaVersion: 5, sourceType: 'commonjs' },
    });
    expect(found, file).toEqual([]);
  }
});
