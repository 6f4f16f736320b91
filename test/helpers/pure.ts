import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

// Loaded before each file of the project `unit` (see ../projects.ts): one that is not pure, by itself or by a helper, fails.

const IMPURE = /^node:(net|tls|https?|http2|dgram|dns|child_process|cluster|worker_threads|fs)(\/|$)/;
/** A fixture may be read, and an address looked at. */
const HARMLESS = /^\{ (readFileSync|isIP|isIPv4|isIPv6) \}$/;
const IMPORT = /^(?:import|export) (?!type )([^'";]*) from '([^']+)'/gm;

function problemsOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file) || !/\/test\/.*\.ts$/.test(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const problems: string[] = [];
  if (/\bvi\.(do)?[mM]ock\(/.test(text)) problems.push(`${file} mocks a module`);
  const waits = /\bsetTimeout\(|\bsetTimeout\b.*'node:timers/.test(text) && !text.includes('useFakeTimers');
  if (waits && file.endsWith('.test.ts')) problems.push(`${file} waits for real time`);
  for (const [, names = '', from = ''] of text.matchAll(IMPORT)) {
    if (IMPURE.test(from) && !HARMLESS.test(names)) problems.push(`${file} imports ${names} from ${from}`);
    if (from.startsWith('.'))
      problems.push(...problemsOf(join(dirname(file), from.replace(/\.js$/, '.ts')), seen));
  }
  return problems;
}

const { testPath } = expect.getState();
const problems = testPath === undefined ? ['no file of tests'] : problemsOf(testPath);
if (problems.length > 0) throw new Error(`No test of the project unit:\n${problems.join('\n')}`);
