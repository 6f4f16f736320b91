import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../../src/cli/server/ctl/ask.js';
import { isPartial, textOf } from '../../../../src/cli/server/ctl/text.js';

const ROOM = 'p94CvNDBJNxLCCKZTbzoXw';

function member(role: string, changes: object = {}): object {
  return { role, source: '192.0.2.1', bytesIn: 0, bytesOut: 0, waitedMs: 0, pairedMs: 0, ...changes };
}

function paired(members: readonly object[], changes: object = {}): Reply {
  return { room: ROOM, state: 'paired', ageMs: 9_000, members, ...changes };
}

function end(paired: number, waiting: number, held: number, leftOut = 0): Reply {
  return { rooms: { paired, waiting, held }, listed: 0, leftOut };
}

function list(...replies: Reply[]): string[] {
  return textOf({ action: 'list' }, replies).split('\n');
}

describe('list', () => {
  it('has a line for each member, and behind them how many rooms there are', () => {
    const both = [
      member('sender', { sender: 'anna', bytesIn: 286e6, bytesOut: 872 }),
      member('receiver', { source: '2001:db8::/64', bytesIn: 872, bytesOut: 286e6 }),
    ];
    const waiting = { room: 'w'.repeat(22), state: 'waiting', ageMs: 9_000, leftMs: 591_000 };
    const held = { room: 'h'.repeat(22), state: 'held', ageMs: 3_661_000, leftMs: 0, members: [] };
    expect(list(paired(both), { ...waiting, members: [member('sender')] }, held, end(1, 1, 1))).toEqual([
      'ROOM          STATE      AGE  LEFT, RATE  MEMBER    SOURCE, NAME      SENT     GOT',
      'p94CvNDBJNxL  paired      9s     32 MB/s  sender    192.0.2.1 anna  286 MB   872 B',
      '                                          receiver  2001:db8::/64    872 B  286 MB',
      'wwwwwwwwwwww  waiting     9s      9m 51s  sender    192.0.2.1          0 B     0 B',
      'hhhhhhhhhhhh  held     1h 1m          0s',
      '',
      '3 rooms: 1 paired, 1 waiting, 1 held.',
      '',
    ]);
  });

  it('is no wider than 100 columns, whatever comes', () => {
    const name = '\u001b'.repeat(64);
    const source = '2001:0db8:aaaa:bbbb::/64';
    const wide = member('receiver', { source, sender: name, bytesIn: 999.4e6, bytesOut: 999.4e6 });
    const room = paired([wide, wide], { state: 'waiting', ageMs: 86_340_000, leftMs: 86_340_000 });
    const lines = list(room, end(1, 0, 0));
    expect(lines[1]).toContain(' 23h 59m     23h 59m  receiver  2001:0db8:aaaa:bbbb::/64 ');
    expect(lines[1]).toMatch(/… {2}999 MB {2}999 MB$/);
    expect(Math.max(...lines.map((line) => line.length))).toBe(100);
  });

  it('shows nothing that a terminal would act on', () => {
    const hostile = member('sender', { source: undefined, sender: '\u001b[2J\u202e\n' });
    expect(list(paired([hostile]), end(1, 0, 0)).join('')).toMatch(/^[\x20-\x7e]+$/);
  });

  it('says how many are left out', () => {
    expect(list(paired([]), end(1_000, 234, 0, 1_233)).at(-2)).toBe(
      '1,234 rooms: 1,000 paired, 234 waiting, 0 held. 1,233 more: --limit.',
    );
  });

  it('says that there are none, or none any more', () => {
    expect(list(end(0, 0, 0))).toEqual(['No rooms.', '']);
    expect(list(end(0, 1, 0))).toEqual(['1 room: 0 paired, 1 waiting, 0 held.', '']);
  });
});

it.each([
  [{ room: ROOM, state: 'paired', members: 2 }, `Closed ${ROOM}: it was paired, 2 members.\n`],
  [{ room: ROOM, state: 'waiting', members: 1 }, `Closed ${ROOM}: it was waiting, 1 member.\n`],
])('kill: %j', (reply, text) => {
  expect(textOf({ action: 'kill' }, [reply])).toBe(text);
});

it.each([
  [{ wasDraining: true }, 'It is draining already.\n'],
  [
    { wasDraining: false, rooms: { paired: 0, waiting: 3 }, graceMs: 30_000 },
    'The relay is draining: nobody new gets in. Nothing is under way.\n',
  ],
  [
    { wasDraining: false, rooms: { paired: 1 }, graceMs: 30_000 },
    'The relay is draining: nobody new gets in. 1 transfer may go on for 30 s.\n',
  ],
  [
    { wasDraining: false, rooms: { paired: 1_000 }, graceMs: 5_400_000 },
    'The relay is draining: nobody new gets in. 1,000 transfers may go on for 1 h 30 min.\n',
  ],
])('drain: %j', (reply, text) => {
  expect(textOf({ action: 'drain' }, [reply])).toBe(text);
});

describe('sources', () => {
  it('block and unblock', () => {
    const source = '192.0.2.7';
    expect(textOf({ action: 'block' }, [{ source, leftMs: 3_600_000 }])).toBe(
      '192.0.2.7 is blocked for 1 h, or until the relay ends. The rooms that it is in go on.\n',
    );
    expect(textOf({ action: 'unblock' }, [{ source, wasBlocked: true }])).toBe(
      '192.0.2.7 is let in again.\n',
    );
    expect(textOf({ action: 'unblock' }, [{ source, wasBlocked: false }])).toBe(
      '192.0.2.7 was not blocked.\n',
    );
  });

  it('list --blocked', () => {
    expect(textOf({ action: 'blocked' }, [])).toMatch(/^No source is blocked by hand\. /);
    const blocked = [
      { source: '192.0.2.7', leftMs: 59_000 },
      { source: '2001:db8:1:2::/64', leftMs: 93_600_000 },
    ];
    expect(textOf({ action: 'blocked' }, blocked)).toBe(
      'SOURCE              LEFT\n192.0.2.7            59s\n2001:db8:1:2::/64  1d 2h\n',
    );
  });
});

describe('reload', () => {
  const action = 'reload';

  it('has a line for each part, and is partial where one failed', () => {
    const parts = [{ name: 'senders file' }, { name: 'certificate', problem: 'is\n\u001b[31mnone.' }];
    expect(textOf({ action }, [{ parts }])).toBe(
      'senders file: reloaded.\ncertificate: not reloaded, the old one stays. is \\u{1b}[31mnone.\n',
    );
    expect(isPartial({ action }, [{ parts }])).toBe(true);
    expect(isPartial({ action }, [{ parts: parts.slice(0, 1) }])).toBe(false);
    expect(isPartial({ action: 'stats' }, [{ parts }])).toBe(false);
  });

  it('says where there is nothing to reload', () => {
    expect(textOf({ action }, [{ parts: [] }])).toMatch(/^Nothing to reload: [^\n]+\.\n$/);
    expect(isPartial({ action }, [{ parts: [] }])).toBe(false);
  });
});

describe('stats', () => {
  const STATS = {
    version: '1.2.3',
    uptimeSeconds: 125,
    draining: false,
    rooms: { paired: 1_000, waiting: 2, held: 3 },
    connections: 2_002,
    connectionsTotal: 54_321,
    pairings: 4,
    relayedBytes: 308e6,
    refusals: { 'invalid-code': 2, 'server-full': 0, 'rate-limited': 1_234 },
    lockouts: 5,
    perSecond: { connectionsTotal: 9.96, pairings: 12.6, relayedBytes: 31e6 },
    blockedSources: 6,
    loopDelayP99Ms: 13.84,
    residentBytes: 70e6,
    openFiles: 26,
    openFilesLimit: 20_000,
  };

  it('has a line for each figure, and for each refusal there was', () => {
    expect(textOf({ action: 'stats' }, [STATS])).toBe(`version      1.2.3
up           2 min 5 s
connections  2,002 open, 54,321 in all, 10.0/s
rooms        1,000 paired, 2 waiting, 3 held
pairings     4 in all, 13/s
relayed      308 MB in all, 31 MB/s
refused      2 invalid-code
             1,234 rate-limited
lockouts     5
blocked      6 by hand
loop delay   13.8 ms (p99)
memory       70 MB
open files   26 of 20,000
`);
  });

  it('says that it drains, and what the system does not say', () => {
    const text = textOf({ action: 'stats' }, [{ ...STATS, draining: true, openFiles: null, refusals: {} }]);
    expect(text).toMatch(/^up {11}2 min 5 s, draining$/m);
    expect(text).toMatch(/^open files {3}\? of 20,000$/m);
    expect(text).not.toContain('refused');
  });
});
