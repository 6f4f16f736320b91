import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readMessage } from '../../../src/transfer/keys/agreement-messages.js';
import { parseCode } from '../../../src/transfer/code.js';
import { dial } from '../../helpers/dial.js';
import { RelayRefused, RelayUnreachable } from '../../../src/transfer/line-errors.js';
import { ProtocolError } from '../../../src/transfer/errors.js';
import { formatFrame, FrameReader, MAX_BODY_BYTES } from '../../../src/transfer/channel/frames.js';
import { journalRecords, readJournal } from '../../../src/client/landing/journal-records.js';
import { formatPlaintext, parsePlaintext } from '../../../src/transfer/channel/messages.js';
import * as transfer from '../../../src/transfer/transfer-messages.js';
import { fuzz, throwsOnly } from './fuzz.js';
import { sliced } from './mutate.js';

const DIGEST = '5e'.repeat(32);
const NOTICES = ['DISCONNECT\n', 'DISCONNECT lost\n', 'DISCONNECT closed\n'];
const frames = (...bodies: string[]): Buffer =>
  Buffer.concat(bodies.map((body) => formatFrame(Buffer.from(body))));

it('frames, the same however they are cut', () =>
  fuzz('FrameReader', {
    corpus: [
      frames('a'),
      frames('one', 'two', 'three'.repeat(50)),
      ...NOTICES,
      Buffer.concat([frames('x'), Buffer.from(NOTICES[1]!)]),
    ],
    check(input, random) {
      const whole = read([input]);
      const cut = read(sliced(input, random));
      if (
        !whole.bodies.equals(cut.bodies) ||
        whole.end !== cut.end ||
        whole.isAtBoundary !== cut.isAtBoundary
      )
        throw new Error('another reading in slices');
      if (whole.bodies.length > input.length) throw new Error('more came out than went in');
    },
  }));

/** The frames that were read, formatted again, and how the stream ended. */
function read(chunks: readonly Buffer[]) {
  const reader = new FrameReader();
  const bodies: Buffer[] = [];
  for (const chunk of chunks) {
    for (const body of reader.push(chunk)) {
      if (body.length > MAX_BODY_BYTES) throw new Error('too long a body');
      bodies.push(Buffer.from(formatFrame(body)));
    }
  }
  const { end, isAtBoundary } = reader;
  const how = end === undefined ? 'open' : 'notice' in end ? end.notice : end.error.name;
  return { bodies: Buffer.concat(bodies), end: how, isAtBoundary };
}

it('the messages of a frame', () =>
  fuzz('parsePlaintext', {
    corpus: [
      ...[[0], [1], [0x14, 0x15], [0x10, 0x13, 0x14, 0]].map((types) =>
        Buffer.concat(
          formatPlaintext(types.map((type) => ({ type, payload: Buffer.alloc(type < 2 ? 0 : 40, type) }))),
        ),
      ),
      Buffer.from('1400100001', 'hex'),
    ],
    check(input) {
      const parsed = throwsOnly(ProtocolError, () => parsePlaintext(input));
      if (parsed !== undefined && !Buffer.concat(formatPlaintext(parsed.value)).equals(input))
        throw new Error('not the same bytes again');
    },
  }));

const OFFER = { kind: 'files', names: ['a', '\u0000/../ジ'], entries: 3, bytes: 10 };
const ENTRY = {
  path: 'd/a',
  kind: 'file',
  size: 5,
  executable: false,
  modifiedMs: 1_700_000_000_000,
  offset: 0,
};
const RESUME = { index: 1, chain: DIGEST, offset: 7, digest: DIGEST, bytes: 9 };
const SECRET = 'abcdefghijklmnopqrst_-';

it.each([
  ['parseOffer', transfer.parseOffer, [OFFER, { ...OFFER, kind: 'stream', bytes: undefined }]],
  ['parseEntry', transfer.parseEntry, [ENTRY, { ...ENTRY, kind: 'directory', size: undefined }]],
  ['parseAnswer', transfer.parseAnswer, [{ answer: 'complete' }, { answer: 'accept', resume: RESUME }]],
  ['parseMove', transfer.parseMove, [{ room: SECRET, key: SECRET, password: SECRET }]],
  ['parseStop', transfer.parseStop, [{ why: 'full' }, { why: 'hostile-offer' }]],
] as const)('a message of a transfer: %s', (name, parse, corpus) =>
  fuzz(name, {
    corpus: corpus.map((value) => JSON.stringify(value)),
    check(input) {
      const parsed = throwsOnly<unknown>(ProtocolError, () => parse(input));
      if (parsed === undefined || typeof parsed.value === 'string') return;
      // What it lets through is plain data of its own, with nothing that it does not know.
      const value = parsed.value as Record<string, unknown>;
      const flat = 'entry' in value ? { ...(value['entry'] as object), offset: value['offset'] } : value;
      const again = parse(Buffer.from(JSON.stringify(flat)));
      if (JSON.stringify(again) !== JSON.stringify(value)) throw new Error('not the same again');
    },
  }),
);

it('a message with a number of bytes', () =>
  fuzz('parseBytes', {
    corpus: [Buffer.from(transfer.bytesMessage(0x17, 5).payload), Buffer.alloc(8, 0xff)],
    check(input) {
      const parsed = throwsOnly(ProtocolError, () => transfer.parseBytes(input));
      if (parsed !== undefined && !(parsed.value >= 0 && parsed.value <= 2 ** 64))
        throw new Error('no count');
    },
  }));

it('the messages of the key agreement', () =>
  fuzz('readMessage', {
    corpus: [
      ...[`0101${'01'.repeat(48)}`, `0102${'02'.repeat(96)}`, `0103${'03'.repeat(64)}`, '0104', '0201'].map(
        (hex) => Buffer.from(hex, 'hex'),
      ),
    ],
    check(input) {
      for (const due of ['hello', 'answer', 'confirmation'] as const) {
        const content = throwsOnly(ProtocolError, () => readMessage(due, input));
        if (content !== undefined && content.value.length !== input.length - 2) throw new Error('its length');
      }
    },
  }));

it('a code, as people type it', () =>
  fuzz('parseCode', {
    corpus: ['747397-yard-panic', '7473 yard pani', ' 0815-OLIVE-basic\n', '1-a-b'],
    check(input) {
      const parsed = parseCode(input.toString('utf8'));
      if (parsed.ok && !/^[A-Za-z0-9._-]{1,64}$/.test(parsed.code.nameplate))
        throw new Error(parsed.code.nameplate);
      if (!parsed.ok && parsed.problem.length > 1_000) throw new Error('a problem without a bound');
    },
  }));

it('the lines of a relay, as the tools read them', async () => {
  let says: Buffer = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(says);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await fuzz('dial', {
      // It is a connection for each.
      oneIn: 200,
      corpus: [
        ...[
          'WAITING 600\nWAITING 570\nPAIRED\nhello',
          'PAIRED\n',
          'Rate limit exceeded for IP. Try again in 5 seconds.\n',
        ],
        ...[
          'ERROR invalid-code Invalid code or key.\n',
          'Server is full. Try again later.\n',
          'HTTP/1.1 400\r\n\r\n',
        ],
      ],
      async check(input) {
        says = input;
        const request = { code: '1', role: 'receiver' as const };
        const dialling = dial({ host: '127.0.0.1', port, request, silenceMs: 10_000 });
        const ended = await dialling.then(
          (line) => line.abandon(),
          (error: unknown) => error,
        );
        const isKnown = ended instanceof RelayRefused || ended instanceof RelayUnreachable;
        if (ended instanceof Error && (!isKnown || ended.message.length > 600)) throw ended;
        if (!(ended instanceof Error) && !/^(?:WAITING \d+\n)*PAIRED\n/.test(input.toString('latin1')))
          throw new Error('paired without the word');
      },
    });
  } finally {
    server.close();
  }
});

it('the journal of a transfer', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'relay-fuzz-'));
  const path = join(directory, 'journal');
  const head = { version: 1, offer: DIGEST };
  const records = [
    ['top', 'd', 'd (1)'],
    ['made', 'd'],
    ['placing', 0, 5, DIGEST, 'd/a'],
    ['file', 0, DIGEST, 1, 5],
    ['directory', 1, DIGEST, 1, 5, 1_700_000_000_000, 'd'],
  ];
  try {
    await fuzz('readJournal', {
      // It is a file for each.
      oneIn: 50,
      corpus: [[head], [head, ...records], [head, records[3], records[4]]].map((lines) =>
        lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      ),
      async check(input) {
        await writeFile(path, input);
        const kept = await readJournal(path);
        if (kept === undefined) return;
        if (kept.end > input.length) throw new Error('it counts more than there is');
        if (kept.end > 0 && input[kept.end - 1] !== 0x0a) throw new Error('it counts half a line');
        for await (const record of journalRecords(path)) expect(Array.isArray(record)).toBe(true);
        // What counts says the same by itself.
        await writeFile(path, input.subarray(0, kept.end));
        expect(await readJournal(path)).toEqual(kept);
      },
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});
