import { describe, expect, it } from 'vitest';
import { createConnectionLog, REFUSAL_LINES_PER_SECOND } from '../../../src/ops/log/connection-log.js';
import type { ConnectionRecord, Ending } from '../../../src/relay/observer.js';

const PAIRED: ConnectionRecord = {
  source: '192.0.2.1',
  role: 'sender',
  sender: 'ada',
  room: 'f00d',
  admitted: true,
  ending: 'closed',
  bytesIn: 5,
  bytesOut: 6,
  waitedMs: 7.4,
  pairedMs: 8.6,
};

const REFUSED: ConnectionRecord = {
  source: undefined,
  role: undefined,
  sender: undefined,
  room: undefined,
  admitted: false,
  ending: 'rate-limited',
  bytesIn: 0,
  bytesOut: 0,
  waitedMs: 0,
  pairedMs: 0,
};

/** The fields of a record that stand in the log. */
const logged = (record: ConnectionRecord) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== 'admitted'));

/** A log whose seconds are over when the test says so. */
function setUp() {
  const lines: Record<string, unknown>[] = [];
  const timers: { callback: () => void; ms: number; active: boolean }[] = [];
  const log = createConnectionLog({
    logger: { info: (fields, msg) => lines.push({ ...fields, msg }) },
    setTimer(callback, ms) {
      const timer = { callback, ms, active: true };
      timers.push(timer);
      return () => {
        timer.active = false;
      };
    },
  });
  return {
    log,
    timers,
    /** What was written since the last call. */
    written: () => lines.splice(0),
    refuse: (times: number, record: Partial<ConnectionRecord> = {}) => {
      for (let i = 0; i < times; i++) log.connectionEnded({ ...REFUSED, ...record });
    },
    running: () => timers.filter(({ active }) => active).length,
    secondOver: () => {
      const timer = timers.find(({ active }) => active);
      if (timer === undefined) throw new Error('no timer is set');
      timer.active = false;
      timer.callback();
    },
  };
}

describe('a connection that ended', () => {
  it('is one line with its story', () => {
    const { log, written } = setUp();
    log.connectionEnded(PAIRED);
    expect(written()).toEqual([{ ...logged(PAIRED), waitedMs: 7, pairedMs: 9, msg: 'connection ended' }]);
  });

  it('has null for what is not known, so that every line has every field', () => {
    const { log, written } = setUp();
    log.connectionEnded(REFUSED);
    expect(written()).toEqual([
      { ...logged(REFUSED), source: null, role: null, room: null, msg: 'connection ended' },
    ]);
  });

  it('tells nothing that a record carries besides', () => {
    const { log, written } = setUp();
    log.connectionEnded(Object.assign({ code: '1234', key: 'secret' }, PAIRED));
    expect(JSON.stringify(written())).not.toMatch(/1234|secret/);
  });

  it('sets no timer unless it was refused', () => {
    const { log, timers } = setUp();
    log.connectionEnded(PAIRED);
    expect(timers).toEqual([]);
  });
});

describe('refusals', () => {
  it('are written one by one up to the limit in a second, and again in the next', () => {
    const { refuse, secondOver, written, running } = setUp();
    for (let second = 0; second < 3; second++) {
      refuse(REFUSAL_LINES_PER_SECOND);
      expect(written()).toHaveLength(REFUSAL_LINES_PER_SECOND);
      secondOver();
      expect(written()).toEqual([]);
      expect(running()).toBe(0);
    }
  });

  it('past the limit are summed up at the end of the second, by ending', () => {
    const { refuse, secondOver, written, timers } = setUp();
    refuse(REFUSAL_LINES_PER_SECOND);
    refuse(3);
    refuse(2, { ending: 'invalid-code', room: 'f00d' });
    refuse(1, { ending: 'lost' });
    expect(written()).toHaveLength(REFUSAL_LINES_PER_SECOND);
    expect(timers.map(({ ms }) => ms)).toEqual([1_000]);
    secondOver();
    expect(written()).toEqual([
      { msg: 'refusals summed up', count: 6, endings: { 'rate-limited': 3, 'invalid-code': 2, lost: 1 } },
    ]);
  });

  it('get only the one line a second while the flood goes on', () => {
    const { refuse, secondOver, written } = setUp();
    refuse(REFUSAL_LINES_PER_SECOND + 1);
    secondOver();
    written();
    for (const count of [1_000, 21, 5]) {
      refuse(count);
      expect(written()).toEqual([]);
      secondOver();
      expect(written()).toEqual([{ msg: 'refusals summed up', count, endings: { 'rate-limited': count } }]);
    }
  });

  it.each([0, 1, REFUSAL_LINES_PER_SECOND])('are written one by one again after a second with %i', (few) => {
    const { refuse, secondOver, written, running } = setUp();
    refuse(REFUSAL_LINES_PER_SECOND + 1);
    secondOver();
    refuse(few);
    secondOver();
    expect(running()).toBe(0);
    written();
    refuse(2);
    expect(written().map(({ msg }) => msg)).toEqual(['connection ended', 'connection ended']);
  });

  it('never hide a connection that was in a room', () => {
    const { log, refuse, written } = setUp();
    refuse(REFUSAL_LINES_PER_SECOND + 5);
    written();
    const endings: Ending[] = ['closed', 'lost', 'idle', 'operator', 'shutdown'];
    for (const ending of endings) log.connectionEnded({ ...PAIRED, ending });
    // It waited, was never paired, and left of itself.
    log.connectionEnded({ ...PAIRED, ending: 'lost', pairedMs: 0 });
    // Many leave their rooms at once where a relay drains.
    for (let each = 0; each < 25; each += 1) {
      log.connectionEnded({ ...PAIRED, ending: 'shutting-down', pairedMs: 0 });
    }
    expect(written()).toHaveLength(endings.length + 1 + 25);
    // A refusal that comes after a pairing would be strange, and all the more worth its line.
    log.connectionEnded({ ...PAIRED, ending: 'room-expired' });
    expect(written().map(({ ending }) => ending)).toEqual(['room-expired']);
  });
});

describe('close', () => {
  it('writes what is counted, and stops the timer', () => {
    const { log, refuse, written, running } = setUp();
    refuse(REFUSAL_LINES_PER_SECOND + 2);
    written();
    log.close();
    expect(written()).toEqual([{ msg: 'refusals summed up', count: 2, endings: { 'rate-limited': 2 } }]);
    expect(running()).toBe(0);
    log.close();
    expect(written()).toEqual([]);
  });
});

describe('its own timer', () => {
  it('does not keep the process alive', () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const log = createConnectionLog({ logger: { info: () => undefined } });
    log.connectionEnded(REFUSED);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before);
    log.close();
  });
});
