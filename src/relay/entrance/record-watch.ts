import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RecordRation } from './record-ration.js';

/** Records with less than this, in bytes, cost far more than what they carry. */
const SMALL_BYTES = 256;

/**
 * So many of them in one turn of the event loop are a flood: no person types so fast. OpenSSL takes 16 KiB at once, which
 * is some 700 such records, and cannot be stopped within.
 */
export const SMALL_A_TURN = 64;

/** How often it is looked at what came and carried nothing, in milliseconds. */
export const LOOK_MS = 100;

/** So many bytes without a record of the stream among them are a flood. A record, which may be padded, has 16 KiB. */
export const SILENT_BYTES = 64 * 1024;

/** The least that a record takes which carries nothing, and what one of the stream takes beside what it carries. */
const LEAST_BYTES = 32;
const MOST_OVERHEAD_BYTES = 256;

/** What of Node's handles is used here. */
interface Handle {
  reading?: boolean;
  readStart(): number;
  readStop(): number;
}

/** Sees to it that the records of one TLS connection cost no more than their share, whoever reads it. */
export class RecordWatch {
  readonly #tls: TLSSocket;
  readonly #tcp: Socket;
  readonly #ration: RecordRation;
  readonly #handle: Handle | undefined;
  /** In this turn of the event loop. */
  #small = 0;
  #cancelRest: (() => void) | undefined;
  /** Since the last look. */
  #records = 0;
  #bytes = 0;
  #seen: number;
  #silent = 0;

  constructor(tls: TLSSocket, tcp: Socket, ration: RecordRation) {
    this.#tls = tls;
    this.#tcp = tcp;
    this.#ration = ration;
    this.#seen = tcp.bytesRead;
    this.#handle = (tls as unknown as { readonly _handle?: Handle | null })._handle ?? undefined;
    this.#guardStart();
  }

  /** It reads nothing for a while, however much its reader asks for. */
  get isResting(): boolean {
    return this.#cancelRest !== undefined || this.#small >= SMALL_A_TURN;
  }

  /** A record of the stream was read. */
  took(bytes: number): void {
    this.#records += 1;
    this.#bytes += bytes;
    if (bytes >= SMALL_BYTES) return;
    if (this.#small === 0) setImmediate(() => this.#turnOver());
    this.#small += 1;
    // Else libuv would read 32 times before anybody else has a turn.
    if (this.#small === SMALL_A_TURN) this.#handle?.readStop();
  }

  /** To be called every `LOOK_MS`: Node says nothing of records that carry nothing, such as KeyUpdate (RFC 8446, 4.6.3). */
  look(): void {
    const came = this.#tcp.bytesRead - this.#seen;
    const overhead = came - this.#bytes - this.#records * MOST_OVERHEAD_BYTES;
    this.#silent = this.#records === 0 ? this.#silent + came : 0;
    this.#seen += came;
    this.#records = this.#bytes = 0;
    if (this.#silent >= SILENT_BYTES) this.#tls.destroy();
    else if (overhead >= SILENT_BYTES) this.#rest(overhead / LEAST_BYTES);
  }

  close(): void {
    this.#cancelRest?.();
    this.#cancelRest = undefined;
  }

  #turnOver(): void {
    const small = this.#small;
    this.#small = 0;
    if (small >= SMALL_A_TURN) this.#rest(small);
  }

  #rest(records: number): void {
    if (this.#cancelRest !== undefined || this.#tls.destroyed) return;
    this.#handle?.readStop();
    this.#cancelRest = this.#ration.rest(records, () => {
      this.#cancelRest = undefined;
      if (this.#handle?.reading === true && !this.#tls.destroyed) this.#handle.readStart();
    });
  }

  /** Whoever takes what is read starts reading anew: not before its time. (Node 20 to 26 do so by this.) */
  #guardStart(): void {
    const handle = this.#handle;
    if (handle === undefined) return;
    const start = handle.readStart.bind(handle);
    handle.readStart = () => (this.isResting ? 0 : start());
  }
}
