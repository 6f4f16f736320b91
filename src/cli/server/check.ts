import { readFileSync } from 'node:fs';
import { resolveSettings } from '../../relay/options.js';
import { ownVersion } from '../version.js';
import { checkedSettings, checkJson, checkText } from './check-report.js';
import { type Program, readCommandLine } from '../flags/command-line.js';
import { hasFailed } from './inspect/finding.js';
import { inspectSettings } from './inspect/settings.js';
import { readSocketUnit } from './inspect/socket-unit.js';
import { resolveGiven } from './settings.js';
import { UsageError } from '../flags/wording.js';

const CHECK: Program = {
  name: 'relay-server check',
  about:
    'Shows what relay-server would run with, given the same flags, variables and\nfile, and all that is wrong with it. It starts nothing.',
  own: [{ flag: '--json', about: 'one JSON object instead of text' }],
  epilogue: `
Exit code 0: nothing is wrong. 2: something is.

Examples:
  $ relay-server check --config /etc/relay.toml
  $ relay-server check --json --port 9000`,
};

/** @returns the exit code: 0 where all is well, or 2. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const line = readCommandLine(CHECK, argv, ownVersion());
    if ('stdout' in line) {
      process.stdout.write(line.stdout);
      return 0;
    }
    const resolved = resolveGiven(line.typed, env, readFileSync);
    const findings = await inspectSettings(resolved, env, await readSocketUnit());
    const settings = checkedSettings(resolved.given, {
      maxConnections: `${resolveSettings().maxConnections}`,
    });
    const report = line.typed['json'] === true ? checkJson : checkText;
    process.stdout.write(report(settings, findings));
    return hasFailed(findings) ? 2 : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${CHECK.name}: ${error.message}\n`);
    return 2;
  }
}
