import { describe, expect, it } from 'vitest';
import { isProbe } from '../../src/relay/admission.js';

describe('opening and leaving rooms', () => {
  it('is a probe within a second with nothing sent, to the millisecond', () => {
    for (const waitedMs of [0, 1, 999, 999.9])
      expect(isProbe({ hasOpened: true, waitedMs, bytesIn: 0 })).toBe(true);
    for (const waitedMs of [1_000, 1_001, 600_000])
      expect(isProbe({ hasOpened: true, waitedMs, bytesIn: 0 })).toBe(false);
  });

  it('is none with a byte sent, or where somebody else has opened the room', () => {
    expect(isProbe({ hasOpened: true, waitedMs: 1, bytesIn: 1 })).toBe(false);
    expect(isProbe({ hasOpened: false, waitedMs: 1, bytesIn: 0 })).toBe(false);
  });
});
