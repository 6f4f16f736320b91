import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/guard/guard.js';
import { CODE_BLOCKED, guess, invalidCode, OTHER_SOURCE, SOURCE, testGuard, wrongKey } from './setup.js';

const WINDOW_MS = 300_000;
const DURATION_MS = 600_000;
const THIRD_SOURCE = '192.0.2.3';

/** A sender at a code that has no room. */
const opening = (room: string, source = SOURCE): Attempt => ({ ...guess(room, source), role: 'sender' });
/** Somebody at the room that it opened. */
const joining = wrongKey;

describe('three early receivers and then the sender', () => {
  it('the sender opens the room, and everyone may join but the source of those three', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    for (let n = 0; n < 3; n += 1) await test.guard.failed(guess('room'));
    expect(await test.guard.joining(guess('room', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    for (const source of [OTHER_SOURCE, SOURCE])
      expect(await test.guard.joining(opening('room', source))).toBeUndefined();
    expect(await test.guard.joining(joining('room', OTHER_SOURCE))).toBeUndefined();
    expect(await test.guard.joining(joining('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.failed(joining('room'))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining({ ...joining('room'), role: 'sender' })).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(guess('other room'))).toBeUndefined();
  });

  it('each of those whose attempts were among the three is out, and nobody else', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    const three = [SOURCE, OTHER_SOURCE, THIRD_SOURCE];
    for (const source of three) await test.guard.failed(guess('room', source));
    await test.guard.failed(guess('other room', '192.0.2.4'));
    await test.guard.failed(guess('room', '192.0.2.5'));
    for (const source of three)
      expect(await test.guard.joining(joining('room', source))).toEqual(CODE_BLOCKED);
    for (const source of ['192.0.2.4', '192.0.2.5'])
      expect(await test.guard.joining(joining('room', source))).toBeUndefined();
  });

  it('they are out for what is left of the block, to the millisecond, whatever they try meanwhile', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    const start = test.now;
    await test.guard.failed(guess('room'));
    test.now = start + WINDOW_MS - 1;
    for (let n = 0; n < 2; n += 1) await test.guard.failed(guess('room', OTHER_SOURCE));
    const end = test.now + DURATION_MS;
    for (; test.now < end - 1; test.now += 60_000)
      expect(await test.guard.failed(joining('room'))).toEqual(CODE_BLOCKED);
    test.now = end - 1;
    for (const source of [SOURCE, OTHER_SOURCE])
      expect(await test.guard.joining(joining('room', source))).toEqual(CODE_BLOCKED);
    test.now = end;
    for (const source of [SOURCE, OTHER_SOURCE])
      expect(await test.guard.joining(joining('room', source))).toBeUndefined();
    expect(await test.guard.failed(guess('room'))).toEqual(invalidCode(2));
  });

  it('whose attempts were for an earlier count is not out', async () => {
    const test = testGuard({ lockoutAttempts: 2 });
    await test.guard.failed(guess('room', THIRD_SOURCE));
    test.now += WINDOW_MS;
    for (let n = 0; n < 2; n += 1) await test.guard.failed(guess('room'));
    expect(await test.guard.joining(joining('room', THIRD_SOURCE))).toBeUndefined();
    test.now += DURATION_MS;
    // A block after a block: the first one's makers have no part in the second.
    for (let n = 0; n < 2; n += 1) await test.guard.failed(guess('room', OTHER_SOURCE));
    expect(await test.guard.joining(joining('room'))).toBeUndefined();
    expect(await test.guard.joining(joining('room', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
  });

  it('a pairing ends it for everybody', async () => {
    const test = testGuard({ lockoutAttempts: 1 });
    await test.guard.failed(guess('room'));
    await test.guard.paired('room', [OTHER_SOURCE, THIRD_SOURCE]);
    expect(await test.guard.joining(joining('room'))).toBeUndefined();
    expect(await test.guard.failed(guess('room', OTHER_SOURCE))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(joining('room'))).toBeUndefined();
  });

  it('the same from a /48: each of its sources is out by itself', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    const sources = ['2001:db8:1:1::/64', '2001:db8:1:2::/64', '2001:db8:1:300::/64'];
    for (const source of sources) await test.guard.failed(guess('room', source));
    for (const source of sources)
      expect(await test.guard.joining(joining('room', source))).toEqual(CODE_BLOCKED);
    expect(await test.guard.joining(joining('room', '2001:db8:1:4::/64'))).toBeUndefined();
  });

  it('is forgotten of none for the attempts at thousands of other codes', async () => {
    const test = testGuard({ lockoutAttempts: 3 });
    for (let n = 0; n < 3; n += 1) await test.guard.failed(guess('room'));
    for (let n = 0; n < 10_000; n += 1) await test.guard.failed(guess(`room ${n}`, `source ${n}`));
    expect(await test.guard.joining(joining('room'))).toEqual(CODE_BLOCKED);
  });
});

it('a sender with wrong keys at a room is out there, whether there is a room or not', async () => {
  const test = testGuard({ lockoutAttempts: 1 });
  await test.guard.failed(wrongKey('room'));
  expect(await test.guard.joining(opening('room'))).toEqual(CODE_BLOCKED);
  expect(await test.guard.joining(opening('room', OTHER_SOURCE))).toBeUndefined();
});
