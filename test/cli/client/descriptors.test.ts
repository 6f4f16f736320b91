import { expect, it } from 'vitest';
import { kindOf, problemOf } from '../../../src/cli/client/descriptors.js';

const NULL_DEVICE = 259;
const HINTS = { isTerminal: false, nullDevice: NULL_DEVICE };

it.each([
  ['a pipe', 0o010600, 0, {}, 'pipe'],
  ['a socket', 0o140777, 0, {}, 'pipe'],
  ['a file', 0o100644, 0, {}, 'file'],
  ['a block device', 0o060660, 1792, {}, 'block-device'],
  ['a terminal', 0o020620, 34817, { isTerminal: true }, 'terminal'],
  ['/dev/null', 0o020666, NULL_DEVICE, {}, 'null'],
  ['/dev/zero', 0o020666, 261, {}, 'device'],
  ['/dev/zero where there is no /dev/null', 0o020666, 261, { nullDevice: undefined }, 'device'],
  ['a directory', 0o040755, 0, {}, 'directory'],
  ['what has no type', 0, 0, {}, 'unknown'],
])('%s (%i, %i, %j) is a %s', (_what, mode, rdev, change, kind) => {
  expect(kindOf({ mode, rdev }, { ...HINTS, ...change })).toBe(kind);
});

it('only what nothing can be read from, or written to, is a problem', () => {
  for (const kind of ['pipe', 'file', 'terminal', 'block-device', 'null', 'unknown'] as const)
    expect(problemOf(kind)).toBeUndefined();
  for (const kind of ['directory', 'device'] as const) expect(problemOf(kind)).toMatch(/^is a /);
});
