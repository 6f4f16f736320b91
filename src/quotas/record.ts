import { createHmac } from 'node:crypto';
import type { PendingCounts } from './daily-counts.js';
import { quotaDay } from './day.js';

const VERSION = 1;

/** Payers in a record. Past it those who have used least are left out. */
const CAPACITY = 65_536;

const DAY_MS = 86_400_000;

/** What payers have used up of one day, as it is kept. Who they are cannot be read from it. */
export interface QuotaRecord {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  /** What the names of payers are hashed with; another one every day. */
  readonly key: Buffer;
  /** Bytes, by the hash of the payer. */
  readonly used: ReadonlyMap<string, number>;
}

/** Bytes that this payer has used up. */
export function usedBy({ key, used }: QuotaRecord, payer: string): number {
  return used.get(hashOf(key, payer)) ?? 0;
}

/**
 * A record with what was counted since it was written. Counts of an earlier day are left out.
 *
 * @param wallMs milliseconds since 1970, of a clock that may be set
 * @param createKey for a day that begins
 */
export function mergeQuota(
  record: QuotaRecord | undefined,
  pending: PendingCounts,
  wallMs: number,
  createKey: () => Buffer,
): QuotaRecord {
  const counted = Math.max(record?.day ?? 0, pending.day);
  const { day, isNew } = quotaDay(counted, wallMs);
  const isOfDay = (other: number): boolean => !isNew && other >= day;
  const isKept = record !== undefined && isOfDay(record.day);
  const key = isKept ? record.key : createKey();
  const used = new Map(isKept ? record.used : []);
  if (isOfDay(pending.day)) {
    for (const [payer, bytes] of pending.bytes) {
      const hash = hashOf(key, payer);
      used.set(hash, (used.get(hash) ?? 0) + bytes);
    }
  }
  return { day, key, used: mostOf(used) };
}

/** As JSON. */
export function formatQuota({ day, key, used }: QuotaRecord): string {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  const record = {
    version: VERSION,
    day: date,
    key: key.toString('base64url'),
    used: Object.fromEntries(used),
  };
  return `${JSON.stringify(record)}\n`;
}

/** What `formatQuota` wrote; undefined for anything else. */
export function parseQuota(text: string): QuotaRecord | undefined {
  const { version, day, key, used } = objectOf(text);
  if (version !== VERSION || typeof day !== 'string' || typeof key !== 'string') return undefined;
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  if (Number.isNaN(ms) || key === '' || typeof used !== 'object' || used === null) return undefined;
  const counts = Object.entries(used);
  if (!counts.every(isCount)) return undefined;
  return { day: ms / DAY_MS, key: Buffer.from(key, 'base64url'), used: new Map(counts) };
}

function isCount(entry: [string, unknown]): entry is [string, number] {
  return Number.isSafeInteger(entry[1]) && (entry[1] as number) >= 0;
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // What is no JSON is no record: the caller says so.
    return {};
  }
}

function mostOf(used: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (used.size <= CAPACITY) return used;
  return new Map([...used].sort(([, one], [, other]) => other - one).slice(0, CAPACITY));
}

function hashOf(key: Buffer, payer: string): string {
  return createHmac('sha256', key).update(payer).digest().subarray(0, 16).toString('base64url');
}
