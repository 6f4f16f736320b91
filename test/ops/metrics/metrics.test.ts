import { register as globalRegistry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/ops/metrics/metrics.js';
import type { Metrics } from '../../../src/ops/metrics/metrics.js';
import { END_REASONS, REFUSAL_TOKENS } from '../../../src/protocol/replies.js';
import type { ConnectionRecord, Ending } from '../../../src/relay/observer.js';

const noRooms = () => ({ waiting: 0, paired: 0, held: 0 });

function record(ending: Ending): ConnectionRecord {
  return {
    source: '192.0.2.77',
    role: 'sender',
    sender: undefined,
    room: 'c0ffee',
    admitted: true,
    ending,
    bytesIn: 1,
    bytesOut: 1,
    waitedMs: 1,
    pairedMs: 1,
  };
}

/** The samples of a scrape: name and labels to value. */
async function scrape(metrics: Metrics): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('createMetrics', () => {
  it('has every name, at zero from the start, and no other', async () => {
    const samples = await scrape(createMetrics({ rooms: noRooms }));
    const plain = Object.entries(samples).filter(([name]) => !/_(bucket|sum|count)\b/.test(name));
    expect(Object.fromEntries(plain)).toEqual({
      relay_connections: 0,
      relay_connections_total: 0,
      'relay_rooms{state="waiting"}': 0,
      'relay_rooms{state="paired"}': 0,
      'relay_rooms{state="held"}': 0,
      relay_pairings_total: 0,
      'relay_relayed_bytes_total{direction="to_receiver"}': 0,
      'relay_relayed_bytes_total{direction="to_sender"}': 0,
      relay_lockouts_total: 0,
      ...Object.fromEntries(REFUSAL_TOKENS.map((token) => [`relay_refusals_total{reason="${token}"}`, 0])),
      ...Object.fromEntries(END_REASONS.map((reason) => [`relay_endings_total{reason="${reason}"}`, 0])),
    });
    expect(samples).toMatchObject({
      relay_pairing_wait_seconds_count: 0,
      relay_transfer_duration_seconds_count: 0,
    });
  });

  it('has the types that queries rely on', async () => {
    const types = (await createMetrics({ rooms: noRooms }).text()).match(/^# TYPE .*$/gm);
    expect(types?.map((line) => line.slice('# TYPE '.length)).sort()).toEqual([
      'relay_connections gauge',
      'relay_connections_total counter',
      'relay_endings_total counter',
      'relay_lockouts_total counter',
      'relay_pairing_wait_seconds histogram',
      'relay_pairings_total counter',
      'relay_refusals_total counter',
      'relay_relayed_bytes_total counter',
      'relay_rooms gauge',
      'relay_transfer_duration_seconds histogram',
    ]);
  });

  it('counts connections, open and in all', async () => {
    const metrics = createMetrics({ rooms: noRooms });
    for (let i = 0; i < 3; i++) metrics.connectionOpened();
    metrics.connectionEnded(record('closed'));
    expect(await scrape(metrics)).toMatchObject({ relay_connections: 2, relay_connections_total: 3 });
    expect(metrics.totals().connections).toBe(2);
  });

  it('counts a refusal as a refusal and a reason as an ending', async () => {
    const metrics = createMetrics({ rooms: noRooms });
    metrics.connectionEnded(record('invalid-code'));
    metrics.connectionEnded(record('invalid-code'));
    metrics.connectionEnded(record('idle'));
    const counted = Object.entries(await scrape(metrics)).filter(
      ([name, value]) => /^relay_(refusals|endings)/.test(name) && value > 0,
    );
    expect(counted).toEqual([
      ['relay_refusals_total{reason="invalid-code"}', 2],
      ['relay_endings_total{reason="idle"}', 1],
    ]);
  });

  it('adds up pairings, bytes and lockouts, the same at every scrape and in the totals', async () => {
    const metrics = createMetrics({ rooms: noRooms });
    metrics.paired([0, 0]);
    metrics.lockedOut();
    metrics.relayed('to_receiver', 10);
    metrics.relayed('to_receiver', 5);
    metrics.relayed('to_sender', 2);
    const expected = {
      relay_pairings_total: 1,
      relay_lockouts_total: 1,
      'relay_relayed_bytes_total{direction="to_receiver"}': 15,
      'relay_relayed_bytes_total{direction="to_sender"}': 2,
    };
    expect(await scrape(metrics)).toMatchObject(expected);
    expect(await scrape(metrics)).toMatchObject(expected);
    expect(metrics.totals()).toMatchObject({ connections: 0, pairings: 1, relayedBytes: 17 });
  });

  it('observes waits and durations in seconds', async () => {
    const metrics = createMetrics({ rooms: noRooms });
    metrics.paired([0, 2_000]);
    metrics.unpaired(4_000_000);
    expect(await scrape(metrics)).toMatchObject({
      relay_pairing_wait_seconds_count: 2,
      relay_pairing_wait_seconds_sum: 2,
      'relay_pairing_wait_seconds_bucket{le="0.01"}': 1,
      'relay_pairing_wait_seconds_bucket{le="5"}': 2,
      relay_transfer_duration_seconds_sum: 4_000,
      'relay_transfer_duration_seconds_bucket{le="3600"}': 0,
      'relay_transfer_duration_seconds_bucket{le="14400"}': 1,
    });
  });

  it('reads the rooms at each scrape', async () => {
    let rooms = { waiting: 1, paired: 2, held: 3 };
    const metrics = createMetrics({ rooms: () => rooms });
    expect(await scrape(metrics)).toMatchObject({ 'relay_rooms{state="held"}': 3 });
    rooms = { waiting: 4, paired: 0, held: 0 };
    expect(await scrape(metrics)).toMatchObject({
      'relay_rooms{state="waiting"}': 4,
      'relay_rooms{state="paired"}': 0,
      'relay_rooms{state="held"}': 0,
    });
  });

  it('names no room and no source', async () => {
    const metrics = createMetrics({ rooms: noRooms });
    metrics.connectionEnded(record('closed'));
    expect(await metrics.text()).not.toMatch(/c0ffee|192\.0\.2\.77/);
  });

  it('may be used twice in a process, and leaves the global registry alone', () => {
    createMetrics({ rooms: noRooms });
    createMetrics({ rooms: noRooms });
    expect(globalRegistry.getMetricsAsArray()).toEqual([]);
  });

  it('may be spread into another object, to be one of several observers', () => {
    const metrics = createMetrics({ rooms: noRooms });
    const observer = { ...metrics, totals: undefined };
    observer.connectionOpened();
    observer.relayed('to_sender', 3);
    expect(metrics.totals()).toMatchObject({ connections: 1, pairings: 0, relayedBytes: 3 });
  });

  it('has the figures of the process only when asked', async () => {
    expect(await createMetrics({ rooms: noRooms }).text()).not.toContain('process_cpu');
    const metrics = createMetrics({ rooms: noRooms, processMetrics: true });
    expect(await metrics.text()).toContain('process_cpu_seconds_total');
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    metrics.close();
    expect((await metrics.text()).trim()).toBe('');
  });
});

describe('by sender', () => {
  const ofSenders = (figures: Record<string, number>) =>
    Object.fromEntries(Object.entries(figures).filter(([name]) => name.startsWith('relay_sender_')));

  it('counts pairings and bytes of both directions, from zero for those whom the relay knows', async () => {
    const metrics = createMetrics({ rooms: noRooms, senders: () => ['ada', 'bob'] });
    metrics.paired([1, 2], 'ada');
    metrics.relayed('to_receiver', 5, 'ada');
    metrics.relayed('to_sender', 3, 'ada');
    expect(ofSenders(await scrape(metrics))).toEqual({
      'relay_sender_pairings_total{sender="ada"}': 1,
      'relay_sender_pairings_total{sender="bob"}': 0,
      'relay_sender_relayed_bytes_total{sender="ada"}': 8,
      'relay_sender_relayed_bytes_total{sender="bob"}': 0,
    });
    metrics.close();
  });

  it('keeps the figures of one that the relay knows no more', async () => {
    let known = ['ada'];
    const metrics = createMetrics({ rooms: noRooms, senders: () => known });
    metrics.relayed('to_receiver', 5, 'ada');
    known = ['bob'];
    const figures = ofSenders(await scrape(metrics));
    expect(figures['relay_sender_relayed_bytes_total{sender="ada"}']).toBe(5);
    expect(figures['relay_sender_relayed_bytes_total{sender="bob"}']).toBe(0);
    metrics.close();
  });

  it('has none of it where everybody may send', async () => {
    const metrics = createMetrics({ rooms: noRooms });
    metrics.paired([1, 2]);
    expect(ofSenders(await scrape(metrics))).toEqual({});
    metrics.close();
  });
});
