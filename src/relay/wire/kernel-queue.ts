import { readFile } from 'node:fs/promises';
import { isIPv4, type Socket } from 'node:net';
import { endianness } from 'node:os';
import { bytesOf, groupsOf } from '../../guard/source.js';

// Under /proc/self: a unit with ProcSubset=pid sees no /proc/net.
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/** Local address and port, remote address and port, state, and a send queue that is not empty. */
const BUSY_ENTRY =
  /: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]{2} (?!00000000)([0-9A-F]{8}):/g;

/** One reading serves all who ask within this time: a thousand stalled pairs must not read the table each. */
const SHARED_FOR_MS = 250;

let shared: { readonly readAt: number; readonly table: ReturnType<typeof readTable> } | undefined;

/**
 * Bytes that the kernel holds for this socket's peer and that the peer has not acknowledged.
 *
 * Node shows progress towards a slow reader in steps of about 1 MiB, as the send buffer makes room. The
 * kernel's own table (proc(5), `/proc/net/tcp`) shows it in steps of the peer's window: about 200 kB on loopback.
 *
 * @returns undefined where the system has no such table, or the socket is gone.
 */
export async function unacknowledgedBytes(socket: Socket): Promise<number | undefined> {
  const { localPort, remotePort, remoteAddress } = socket;
  if (localPort === undefined || remotePort === undefined || remoteAddress === undefined) return undefined;
  const now = performance.now();
  if (shared === undefined || now - shared.readAt > SHARED_FOR_MS)
    shared = { readAt: now, table: readTable() };
  const table = await shared.table;
  return table?.get(entryOf(localPort, remotePort, remoteAddress)) ?? (table && 0);
}

/** Entries that hold something, by ports and remote address, as the kernel writes them. */
async function readTable(): Promise<Map<string, number> | undefined> {
  const texts = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => undefined)));
  // Outside Linux there is neither; without IPv6 there is one.
  if (texts.every((text) => text === undefined)) return undefined;
  const table = new Map<string, number>();
  for (const text of texts) {
    for (const match of text?.matchAll(BUSY_ENTRY) ?? []) {
      const [, localPort = '', remoteAddress = '', remotePort = '', queue = ''] = match;
      table.set(`${localPort} ${remotePort} ${remoteAddress}`, parseInt(queue, 16));
    }
  }
  return table;
}

function entryOf(localPort: number, remotePort: number, remoteAddress: string): string {
  const port = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
  return `${port(localPort)} ${port(remotePort)} ${kernelAddress(remoteAddress)}`;
}

/** `127.0.0.1` as `0100007F`: words of 32 bits in the machine's own byte order. */
function kernelAddress(address: string): string {
  const bytes = Buffer.from(
    isIPv4(address) ? address.split('.').map(Number) : groupsOf(address).flatMap(bytesOf),
  );
  if (endianness() === 'LE') bytes.swap32();
  return bytes.toString('hex').toUpperCase();
}
