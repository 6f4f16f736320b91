import { describe, expect, it } from 'vitest';
import { checkedSettings, checkJson, checkText } from '../../../src/cli/server/check.js';
import type { Finding } from '../../../src/cli/server/inspect/finding.js';
import { resolveGiven } from '../../../src/cli/server/settings.js';

const FILE = 'port = 1\nidle-timeout = "1s"\n';

const { given } = resolveGiven(
  { config: 'relay.toml', logLevel: 'loud' },
  { RELAY_HOST: '\u001b[31m', RELAY_IDLE_TIMEOUT: '2s' },
  () => new TextEncoder().encode(FILE),
);
const settings = checkedSettings(given, { maxConnections: '77' });

const OK: Finding = { level: 'ok', about: 'a', text: 'It is.' };
const WARN: Finding = { level: 'warn', about: 'bbb', text: 'It may be.' };
const FAIL: Finding = { level: 'fail', about: 'a', text: 'It is not.' };

describe('what check shows', () => {
  it('is every setting as it was written, and where', () => {
    const shown = new Map(settings.map(({ name, value, from }) => [name, [value, from]]));
    expect(shown.get('port')).toEqual(['1', 'relay.toml:1']);
    expect(shown.get('idle-timeout')).toEqual(['2s', 'RELAY_IDLE_TIMEOUT']);
    expect(shown.get('log-level')).toEqual(['loud', 'flag']);
    expect(shown.get('retry-window')).toEqual(['2m', 'default']);
    expect(shown.get('admin-port')).toEqual(['off', 'default']);
    expect(shown.get('max-connections')).toEqual(['77', 'default']);
  });

  it('stands in columns, with the findings and their sum behind it', () => {
    const [port] = settings;
    expect(checkText([port!], [OK, WARN, FAIL])).toBe(
      'port  1  relay.toml:1\n\nok    a    It is.\nwarn  bbb  It may be.\nfail  a    It is not.\n\nOne thing is wrong.\n',
    );
    expect(checkText([port!], [WARN])).toMatch(/\nNothing is wrong\.\n$/);
    expect(checkText([port!], [FAIL, FAIL])).toMatch(/\n2 things are wrong\.\n$/);
  });

  it('sends nothing raw to the terminal', () => {
    expect(checkText(settings, [])).toMatch(/^(?:\P{C}|\n)+$/u);
  });

  it('is one JSON object for scripts', () => {
    expect(JSON.parse(checkJson(settings, [OK, WARN]))).toEqual({ ok: true, settings, findings: [OK, WARN] });
    expect(JSON.parse(checkJson(settings, [FAIL]))).toHaveProperty('ok', false);
    expect(checkJson(settings, [])).toMatch(/^[^\n]+\n$/);
  });
});
