import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { END_REASONS, REFUSAL_TOKENS, type RefusalToken } from '../../protocol/replies.js';
import type { Ending, Observer } from '../../relay/observer.js';
import { createSenderMetrics } from './sender-metrics.js';

export interface RoomCounts {
  readonly waiting: number;
  readonly paired: number;
  readonly held: number;
}

export interface Totals {
  /** Open now. */
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly pairings: number;
  /** In both directions. */
  readonly relayedBytes: number;
  readonly refusals: Readonly<Record<RefusalToken, number>>;
  readonly lockouts: number;
}

export interface MetricsOptions {
  /** The rooms there are now; asked at each scrape. */
  readonly rooms: () => RoomCounts;
  /**
   * Also the figures of the Node process. Off unless asked for: prom-client's collectors watch the garbage
   * collector and the event loop for as long as the process lives, and offer no way to stop them.
   */
  readonly processMetrics?: boolean;
  /** The names of those whom the relay knows now; undefined where everybody may send. */
  readonly senders?: (() => Iterable<string>) | undefined;
  /** When the certificate ends, in milliseconds since 1970; undefined where the relay takes no TLS. */
  readonly certificateEnd?: (() => number) | undefined;
}

export interface Metrics extends Observer {
  readonly contentType: string;
  /** Everything, in Prometheus' text format. */
  text(): Promise<string>;
  /** The same figures that `text` gives, for other reports. */
  totals(): Totals;
  /** Forgets every metric; `text` is empty after it. */
  close(): void;
}

// Waits end at the abandon time, ten minutes unless set otherwise; transfers may take most of a day.
const WAIT_BUCKETS_S = [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const TRANSFER_BUCKETS_S = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14_400, 43_200];

/**
 * Counts what the relay tells, in plain numbers that prom-client is handed at each scrape: `relayed` comes with
 * every chunk. No label is ever a client's choice: a sender's name is its operator's. Its methods may be spread into another object.
 */
export function createMetrics({
  rooms,
  processMetrics = false,
  senders,
  certificateEnd,
}: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];

  let opened = 0;
  let ended = 0;
  let moved = 0;
  let pairings = 0;
  let lockouts = 0;
  const relayed = { to_receiver: 0, to_sender: 0 };
  const refusals = zeros(REFUSAL_TOKENS);
  const endings = zeros(END_REASONS);

  const open = (): number => opened - ended - moved;

  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  const counters = (
    name: string,
    help: string,
    label: string,
    values: Readonly<Record<string, number>>,
  ): void => {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [key, value] of Object.entries(values)) this.labels(key).inc(value);
      },
    });
  };

  new Gauge({
    name: 'relay_connections',
    help: 'Connections open now.',
    registers,
    collect() {
      this.set(open());
    },
  });
  counter('relay_connections_total', 'Connections accepted.', () => opened);
  new Gauge({
    name: 'relay_rooms',
    help: 'Rooms there are now, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const { waiting, paired, held } = rooms();
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'paired' }, paired);
      this.set({ state: 'held' }, held);
    },
  });
  counter('relay_pairings_total', 'Pairings begun.', () => pairings);
  counters('relay_relayed_bytes_total', 'Payload bytes passed on.', 'direction', relayed);
  counters('relay_refusals_total', 'Connections refused, by token.', 'reason', refusals);
  counter('relay_lockouts_total', 'Codes and sources blocked.', () => lockouts);
  counters('relay_endings_total', 'Connections that ended unrefused, by reason.', 'reason', endings);
  const bySender = senders && createSenderMetrics(senders, registers);
  const waits = new Histogram({
    name: 'relay_pairing_wait_seconds',
    help: "Each member's wait before its pairing.",
    buckets: WAIT_BUCKETS_S,
    registers,
  });
  const transfers = new Histogram({
    name: 'relay_transfer_duration_seconds',
    help: 'How long pairings lasted.',
    buckets: TRANSFER_BUCKETS_S,
    registers,
  });
  if (certificateEnd !== undefined) {
    new Gauge({
      name: 'relay_tls_certificate_expiry_timestamp_seconds',
      help: 'When the certificate ends.',
      registers,
      collect() {
        this.set(certificateEnd() / 1000);
      },
    });
  }
  if (processMetrics) collectDefaultMetrics({ register: registry });

  return {
    connectionOpened() {
      opened += 1;
    },
    connectionEnded({ ending }) {
      ended += 1;
      if (isRefusal(ending)) refusals[ending] += 1;
      else endings[ending] += 1;
    },
    connectionMoved() {
      moved += 1;
    },
    paired(waitedMs, sender) {
      pairings += 1;
      bySender?.paired(sender);
      for (const ms of waitedMs) waits.observe(ms / 1000);
    },
    unpaired(pairedMs) {
      transfers.observe(pairedMs / 1000);
    },
    relayed(direction, bytes, sender) {
      relayed[direction] += bytes;
      bySender?.relayed(bytes, sender);
    },
    lockedOut() {
      lockouts += 1;
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
    totals: () => ({
      connections: open(),
      connectionsTotal: opened,
      pairings,
      relayedBytes: relayed.to_receiver + relayed.to_sender,
      refusals: { ...refusals },
      lockouts,
    }),
    close: () => registry.clear(),
  };
}

const REFUSALS: ReadonlySet<string> = new Set(REFUSAL_TOKENS);

/** Whether a connection was turned away, rather than ended by one of its members. */
function isRefusal(ending: Ending): ending is RefusalToken {
  return REFUSALS.has(ending);
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
