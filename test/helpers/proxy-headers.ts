import { isIPv4 } from 'node:net';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** What a proxy writes in version 1 for a client of this address. */
export function headerV1(source: string): Buffer {
  const family = isIPv4(source) ? 'TCP4' : 'TCP6';
  const destination = isIPv4(source) ? '192.0.2.1' : '2001:db8::1';
  return Buffer.from(`PROXY ${family} ${source} ${destination} 56324 4000\r\n`);
}

/** Version 2, of its parts. `addresses`: as bytes, ports included; what is behind them are extensions. */
export function headerV2({
  command = 0x21,
  family = 0x11,
  addresses = Buffer.alloc(0),
}: {
  command?: number;
  family?: number;
  addresses?: Buffer;
}): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(addresses.length);
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, addresses]);
}

/** Version 2 for a client of an IPv4 address, with so many bytes of extensions. */
export function headerV2Of(source: string, extensions = 0): Buffer {
  const bytes = [...source.split('.').map(Number), 192, 0, 2, 1, 0xdc, 0x04, 0x0f, 0xa0];
  return headerV2({ addresses: Buffer.concat([Buffer.from(bytes), Buffer.alloc(extensions, 0xee)]) });
}

/** A health check of a proxy's own. */
export const LOCAL_V2 = headerV2({ command: 0x20, family: 0x00 });
export const UNKNOWN_V1 = Buffer.from('PROXY UNKNOWN\r\n');
