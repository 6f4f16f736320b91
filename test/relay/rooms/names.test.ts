import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSecretHash, SECRET_BYTES } from '../../../src/relay/rooms/names.js';

it('is the same for the same text, within one start', () => {
  const hash = createSecretHash(randomBytes(SECRET_BYTES));
  expect(hash('room', 'abc')).toBe(hash('room', 'abc'));
  expect(hash('room', 'abc')).not.toBe(hash('room', 'abC'));
});

it('changes with every start', () => {
  expect(createSecretHash(randomBytes(SECRET_BYTES))('room', 'abc')).not.toBe(
    createSecretHash(randomBytes(SECRET_BYTES))('room', 'abc'),
  );
});

it('tells a room from a key of the same text', () => {
  const hash = createSecretHash(randomBytes(SECRET_BYTES));
  expect(hash('room', 'abc')).not.toBe(hash('key', 'abc'));
});

it('is 132 bits that show nothing of the text', () => {
  const hash = createSecretHash(randomBytes(SECRET_BYTES));
  for (const text of ['7', 'a-code-that-anyone-could-read', 'x'.repeat(64)]) {
    expect(hash('room', text)).toMatch(/^[A-Za-z0-9_-]{22}$/);
    if (text.length > 1) expect(hash('room', text)).not.toContain(text);
  }
});
