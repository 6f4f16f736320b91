import { describe, expect, it } from 'vitest';
import { hasFailed, listed, sum } from '../../../../src/cli/server/inspect/finding.js';
import {
  inspectBacklog,
  inspectClock,
  inspectMemory,
  inspectNode,
  inspectNotices,
  inspectSocketBuffer,
} from '../../../../src/cli/server/inspect/machine.js';

const MIB = 2 ** 20;

describe('what the relay depends on', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['26.9.1', 'ok'],
    ['27.0.0', 'warn'],
  ])('Node.js %s: %s', (version, level) => {
    expect(inspectNode(version)).toMatchObject({ level, text: expect.stringContaining(version) as string });
  });

  it('large reads: a notice of the relay is passed on', () => {
    expect(inspectNotices([]).level).toBe('ok');
    expect(inspectNotices(['large reads are off'])).toMatchObject({
      level: 'warn',
      text: 'large reads are off. Try another release of it.',
    });
  });

  it.each([
    [undefined, 'ok'],
    [128, 'warn'],
    [1024, 'ok'],
  ])('a backlog of %s: %s', (backlog, level) => {
    expect(inspectBacklog(backlog).level).toBe(level);
  });

  it.each([
    [undefined, 'ok'],
    [MIB - 1, 'warn'],
    [MIB, 'ok'],
  ])('a socket buffer of %s: %s', (bytes, level) => {
    expect(inspectSocketBuffer('net.ipv4.tcp_rmem', bytes)).toMatchObject({ level, about: 'tcp_rmem' });
  });

  it('memory: what a full relay needs, and what a flood could take', () => {
    expect(inspectMemory(256, 1000, 1024 * MIB).level).toBe('ok');
    expect(inspectMemory(256, 1000, 300 * MIB)).toMatchObject({
      level: 'warn',
      text: 'when it is full it needs 360 MiB of 300 MiB here. Lower --buffer-memory or --max-connections.',
    });
    const { level, text } = inspectMemory(256, 10_000, 1024 * MIB);
    expect(level).toBe('warn');
    // What it advises has to be good enough for itself.
    const advised = Number(/--max-connections to (\d+)/.exec(text)?.[1]);
    expect(inspectMemory(256, advised, 1024 * MIB).level).toBe('ok');
    expect(inspectMemory(256, advised + 1, 1024 * MIB).level).toBe('warn');
  });

  it.each([
    [0, true, 'ok'],
    [0, undefined, 'ok'],
    [0, false, 'warn'],
    [-5_000, true, 'warn'],
    [5_000, undefined, 'warn'],
  ])('a clock that stepped by %d ms, synchronised: %s', (stepped, isSynchronised, level) => {
    expect(inspectClock(stepped, isSynchronised).level).toBe(level);
  });
});

describe('findings', () => {
  const findings = [
    { level: 'ok', about: 'a', text: 'Good.' },
    { level: 'fail', about: 'long', text: 'Bad.' },
  ] as const;

  it('are lines in columns, with their sum', () => {
    expect(listed(findings) + sum(findings)).toBe(
      'ok    a     Good.\nfail  long  Bad.\n\nOne thing is wrong.',
    );
    expect([hasFailed(findings), hasFailed([findings[0]])]).toEqual([true, false]);
  });
});
