import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ChannelMessage } from '../../src/transfer/channel/messages.js';
import { TransferMessage } from '../../src/transfer/transfer-messages.js';
import { createMetrics } from '../../src/ops/metrics/metrics.js';
import { parseHandshake } from '../../src/protocol/handshake.js';
import { END_REASONS, REFUSAL_TOKENS, type Refusal, sentence } from '../../src/protocol/replies.js';
import { ROOM_STATES, TRANSITIONS } from '../../src/relay/rooms/states.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = read('README.md');
const PROTOCOL = read('docs/protocol.md');
const ERRORS = read('docs/errors.md');
const OPERATIONS = read('docs/operations.md');
const TOOLS = read('docs/tools.md');
const TRANSFER_PROTOCOL = read('docs/transfer-protocol.md');

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The cells of each row of a page's tables. */
function rows(page: string): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The first group of each match in a source file: for what types alone know. */
function literals(file: string, pattern: RegExp): string[] {
  return [...read(file).matchAll(pattern)].map(([, literal = '']) => literal);
}

/** One of each refusal, its numbers and words as the pages write them: N tries, S seconds. */
function sentences(token: (typeof REFUSAL_TOKENS)[number]): string[] {
  return refusals(token).map((refusal) =>
    sentence(refusal).replace('You have 7', 'You have N').replace('in 7 seconds', 'in S seconds'),
  );
}

function refusals(token: (typeof REFUSAL_TOKENS)[number]): Refusal[] {
  switch (token) {
    case 'invalid-handshake':
      return [{ token, problem: '<what is wrong>' }];
    case 'invalid-code':
      return [
        { token, triesLeft: 7 },
        { token, triesLeft: undefined },
      ];
    case 'rate-limited':
      return [
        { token, scope: 'IP', retryAfterSeconds: 7 },
        { token, scope: 'code', retryAfterSeconds: 7 },
      ];
    default:
      return [{ token }];
  }
}

describe('docs/operations.md', () => {
  it('has every metric of the relay', async () => {
    const metrics = createMetrics({ rooms: () => ({ waiting: 0, paired: 0, held: 0 }) });
    const names = [...(await metrics.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
    metrics.close();
    expect(names.length).toBeGreaterThan(0);
    const documented = rows(OPERATIONS).map(([first = '']) => /^`([a-z_]+)/.exec(first)?.[1]);
    expect(names.filter((name) => !documented.includes(name))).toEqual([]);
  });
});

describe.each(REFUSAL_TOKENS)('the refusal %s', (token) => {
  it('has a heading in docs/errors.md, with its sentences behind it', () => {
    const section = ERRORS.split(/^#+ /m).find((part) => part.startsWith(`${token}\n`));
    expect(section).toBeDefined();
    for (const text of sentences(token)) expect(section).toContain(`\`${text}\``);
  });

  it('is in docs/protocol.md, with its sentences', () => {
    expect(rows(PROTOCOL).map(([first]) => first)).toContain(`\`${token}\``);
    for (const text of sentences(token)) expect(PROTOCOL).toContain(`\`${text}\``);
  });
});

describe('docs/errors.md', () => {
  it.each(END_REASONS)('has a heading for DISCONNECT %s', (reason) => {
    expect(ERRORS).toMatch(new RegExp(`^### ${reason}$`, 'm'));
  });

  it.each([
    ['umlaut', '\u00fc:sender'],
    ['empty line', ''],
    ['no role', 'abc'],
    ['no code', ':sender'],
    ['bad code', 'a b:sender'],
    ['bad role', 'a:Sender'],
    ['unknown option', 'a:sender:x'],
    ['value', 'a:sender:retry=1'],
    ['twice', 'a:sender:raw:raw'],
    ['wait from a sender', 'a:sender:wait'],
    ['receivers from a receiver', 'a:receiver:receivers=2'],
    ['bad key', 'a:sender:key='],
    ['token from a receiver', 'a:receiver:token=t'],
    ['bad token', 'a:sender:token='],
    ['bad receivers', 'a:sender:receivers=17'],
  ])('says what to do about an invalid line: %s', (_name, line) => {
    const handshake = parseHandshake(line);
    expect(rows(ERRORS).map(([first]) => first)).toContain(
      `\`${handshake.ok ? 'it is valid' : handshake.problem}\``,
    );
  });
});

describe('docs/protocol.md', () => {
  it('draws the states of a room as they are', () => {
    const drawn = [...PROTOCOL.matchAll(/^ {4}(\S+) --> (\S+): (\S+)$/gm)].map(([, from, to, fact]) => [
      from,
      fact,
      to,
    ]);
    const actual = ROOM_STATES.flatMap((state) =>
      Object.entries(TRANSITIONS[state])
        .filter(([, next]) => next !== state)
        .map(([fact, next]) => [state, fact, next === 'gone' ? '[*]' : next]),
    );
    expect(drawn.filter(([from]) => from !== '[*]').sort()).toEqual(actual.sort());
  });
});

describe('docs/tools.md', () => {
  it('has every event, with an example', () => {
    const events = literals('src/transfer/events.ts', /readonly event: '([a-z-]+)'/g);
    const examples = [...TOOLS.matchAll(/^\{"event":"([a-z-]+)".*\}$/gm)].map(([line, name]) => {
      expect(JSON.parse(line)).toHaveProperty('event', name);
      return name;
    });
    expect(events.length).toBeGreaterThan(5);
    for (const name of [...events, 'error']) {
      expect(rows(TOOLS).map(([first]) => first)).toContain(`\`${name}\``);
      expect(examples).toContain(name);
    }
  });
});

describe('what the tools can fail with', () => {
  const [, type = ''] = /TransferErrorCode =(.*?);/s.exec(read('src/transfer/transfer-error.ts')) ?? [];
  const codes = [...type.matchAll(/\| '([a-z-]+)'/g)].map(([, code = '']) => code);

  it('is found in the source', () => {
    expect(codes).toContain('gave-up');
  });

  it.each(codes)('has a heading in docs/errors.md: %s', (code) => {
    expect(ERRORS).toMatch(new RegExp(`^### ${code}$`, 'm'));
  });
});

describe('docs/transfer-protocol.md', () => {
  it.each(Object.entries({ ...ChannelMessage, ...TransferMessage }))('has the message %s', (name, type) => {
    const hex = type.toString(16).padStart(2, '0').toUpperCase();
    expect(rows(TRANSFER_PROTOCOL).map((cells) => cells.slice(0, 2))).toContainEqual([`\`${hex}\``, name]);
  });
});

describe('README.md', () => {
  it('has the command that runs the tests', () => {
    expect(README).toContain('```sh\nnpm install && npm test\n```');
  });

  it('has an example that runs', () => {
    const example = /^```js\n(.*?)^```$/ms.exec(README)?.[1] ?? '';
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', example],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^listening on port \d+ \{ waiting: 0, paired: 0, held: 0 \}\n$/);
    expect(README).toContain(stdout.replace(/\d{2,}/, '41111'));
  });
});

describe('links', () => {
  const pages = [
    ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join('docs', file)),
  ];

  it.each(pages)('of %s lead somewhere', (page) => {
    const text = read(page).replace(/^```.*?^```$/gms, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)]
      .map(([, inline, reference]) => inline ?? reference ?? '')
      .filter((target) => !/^[a-z]+:/.test(target));
    expect(targets.filter((target) => !leadsSomewhere(page, target))).toEqual([]);
  });

  it.each(pages)('of %s name files that there are, and what is in them', (page) => {
    const text = read(page);
    const named = [...text.matchAll(/`((?:src|test)\/[\w./-]*)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const parts = [...text.matchAll(/`(#?\w+)`(?: and `(#?\w+)`)? in\s+`((?:src|test)\/[\w./-]+)`/g)];
    for (const [, first = '', second = first, path = ''] of parts)
      expect(
        [first, second].filter((name) => !read(path).includes(name)),
        path,
      ).toEqual([]);
  });
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
}

/** As GitHub makes them: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
