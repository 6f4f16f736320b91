import { expect, it } from 'vitest';
import { readRelayFile as readConfigFile } from '../../../src/cli/server/settings.js';
import { FLAG_NAMES, FLAGS } from '../../../src/cli/server/flags.js';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/cli/flags/units.js';
import {
  formatSender,
  isSenderName,
  parseSenders,
  SendersFileError,
} from '../../../src/ops/senders/senders-file.js';
import { fuzz, throwsOnly } from './fuzz.js';

it('a duration', () =>
  fuzz('parseDuration', {
    corpus: ['500ms', '10s', '2m', '1h', '0s', '24855h'],
    check(input) {
      const ms = parseDuration(input.toString('latin1'));
      if (ms !== undefined && Number.isSafeInteger(ms) && parseDuration(formatDuration(ms)) !== ms)
        throw new Error(`${ms} ms is not read again`);
    },
  }));

it('a size', () =>
  fuzz('parseSize', {
    corpus: ['500kB', '10MB', '2GiB', '1B', '0B', '1TiB', '1.5GB'],
    check(input) {
      const bytes = parseSize(input.toString('latin1'));
      if (bytes !== undefined && Number.isSafeInteger(bytes) && parseSize(formatSize(bytes)) !== bytes)
        throw new Error(`${bytes} bytes are not read again`);
    },
  }));

it('the value of every flag', () =>
  fuzz('the kinds of values', {
    corpus: [
      '0',
      '4000',
      '127.0.0.1',
      '::',
      'info',
      'json',
      '10s',
      '10MB',
      '10.0.0.0/8,::1',
      'on',
      '/run/x',
      'relay.example',
    ],
    check(input) {
      for (const name of FLAG_NAMES) FLAGS[name].kind.read(input.toString('utf8'));
    },
  }));

it('a file of settings', () =>
  fuzz('readConfigFile', {
    // TOML is parsed for each, and an error of it has its lines quoted.
    oneIn: 10,
    corpus: [
      'port = 4000\nhost = "127.0.0.1"\nretry-window = "5m"\n',
      '# all of it\nlog-level = "info"\nrate-limit-ip = 0\nproxy-protocol = ["10.0.0.0/8", "::1"]\n',
      '[relay]\nport = 1\n[[list]]\nx = 1979-05-27T07:32:00Z\n"quoted" = { a = 1.5, b = [1, 2] }\n',
    ],
    check(input) {
      const { given, problems } = readConfigFile('relay.toml', () => input);
      for (const problem of problems) {
        if (problem.length > 1_000 || /[\n\x1b]/.test(problem)) throw new Error(problem);
      }
      for (const { text } of given.values()) if (text.length > input.length + 20) throw new Error(text);
      expect(given.size + problems.length).toBeLessThanOrEqual(input.length + 1);
    },
  }));

it('a file of senders', () =>
  fuzz('parseSenders', {
    corpus: [
      `# who may send\n${formatSender('ada', 'one')}\n\n${formatSender('b.b', 'two')}\r\n`,
      `${formatSender('ada', 'one')}\n${formatSender('ada', 'two')}\n`,
    ],
    check(input) {
      const text = input.toString('utf8');
      const parsed = throwsOnly(SendersFileError, () => parseSenders(text));
      if (parsed === undefined) return;
      if (parsed.value.size === 0) throw new Error('it names nobody');
      const again = [...parsed.value].map(([hashed, name]) => {
        if (!isSenderName(name)) throw new Error(`a name: ${name}`);
        return `${name}:${hashed}\n`;
      });
      expect(parseSenders(again.join(''))).toEqual(parsed.value);
    },
  }));
