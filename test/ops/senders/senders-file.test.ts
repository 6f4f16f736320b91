import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  formatSender,
  hashToken,
  isSenderName,
  parseSenders,
} from '../../../src/ops/senders/senders-file.js';

const ada = formatSender('ada', 'token-of-ada');
const bob = formatSender('bob', 'token-of-bob');

it('a line is the name and the SHA-256 of the token, with the name of the scheme before it', () => {
  const digest = createHash('sha256').update('token-of-ada').digest('hex');
  expect(ada).toBe(`ada:sha256$${digest}`);
});

describe('parseSenders', () => {
  it.each([
    ['one line', `${ada}\n`],
    ['without a line feed at the end', ada],
    ['blank lines and comments', `\n# who may send\n  \n${ada}\n\n#${bob}\n`],
    ['CR LF, and spaces around', `  ${ada} \r\n`],
  ])('reads %s', (_name, text) => {
    expect([...parseSenders(text)]).toEqual([[hashToken('token-of-ada'), 'ada']]);
  });

  it('finds each sender by the hash of its token', () => {
    const senders = parseSenders(`${ada}\n${bob}\n`);
    expect(senders.get(hashToken('token-of-bob'))).toBe('bob');
    expect(senders.get(hashToken('token-of-Bob'))).toBeUndefined();
    expect(senders.get('token-of-bob')).toBeUndefined();
  });

  const hash = 'a'.repeat(64);
  it.each([
    ['nothing', '', 'it names no sender'],
    ['comments alone', '# nobody\n\n', 'it names no sender'],
    ['a word', `${ada}\nsecret\n`, 'line 2 is not name:hash'],
    ['a plain token', '\nada:token-of-ada\n', 'line 2 is not name:hash'],
    ['a hash without its scheme', `ada:${hash}`, 'line 1 is not name:hash'],
    ['another scheme', `ada:md5$${hash}`, 'line 1 is not name:hash'],
    ['a hash in capitals', `ada:sha256$${hash.toUpperCase()}`, 'line 1 is not name:hash'],
    ['a hash that is cut', `ada:sha256$${hash.slice(1)}`, 'line 1 is not name:hash'],
    ['no name', `:sha256$${hash}`, 'line 1 is not name:hash'],
    ['a name with a space', `a da:sha256$${hash}`, 'line 1 is not name:hash'],
    ['a name of 65 characters', `${'n'.repeat(65)}:sha256$${hash}`, 'line 1 is not name:hash'],
    ['a third field', `${ada}:admin`, 'line 1 is not name:hash'],
    ['a comment behind', `${ada} # boss`, 'line 1 is not name:hash'],
    ['a name twice', `${ada}\n\n${formatSender('ada', 'another')}`, 'line 3 has the same name as line 1'],
    [
      'a token twice',
      `${ada}\n${formatSender('eve', 'token-of-ada')}`,
      'line 2 has the same token as line 1',
    ],
  ])('rejects %s, and never repeats it', (_name, text, problem) => {
    const rejected = (): unknown => parseSenders(text);
    expect(rejected).toThrow(problem);
    expect(rejected).not.toThrow(/secret|token-of|[0-9a-f]{60}|nnnn|boss|eve/);
  });

  it('takes names that are words of objects for names like any other', () => {
    const senders = parseSenders(`${formatSender('__proto__', 'a')}\n${formatSender('constructor', 'b')}`);
    expect(senders.get(hashToken('a'))).toBe('__proto__');
    expect(senders.get('constructor')).toBeUndefined();
  });
});

it.each([
  ['ada', true],
  ['Ada.Lovelace_1-2', true],
  ['n'.repeat(64), true],
  ['n'.repeat(65), false],
  ['', false],
  ['ada\n', false],
  ['ada:', false],
  ['ädä', false],
])('%j is a name: %s', (name, is) => {
  expect(isSenderName(name)).toBe(is);
});
