/**
 * Longest header that is taken, in bytes; the same as nginx takes. The addresses need 232 at most. The rest is for
 * extensions, which nobody here reads: a cloud's ids, what a proxy tells of a client's certificate.
 */
export const MAX_PROXY_HEADER_BYTES = 4096;

/** Longest header of version 1, its CR LF included. */
const MAX_V1_BYTES = 107;

export type ProxyHeader =
  /** More bytes have to come. */
  | { readonly kind: 'incomplete' }
  /**
   * `length`: its bytes; what is behind them is the client's. `address`: the client's IP address, as text, which is
   * still to be checked; undefined where the connection is the proxy's own (a health check), or tells no IP address.
   */
  | { readonly kind: 'header'; readonly length: number; readonly address: string | undefined }
  | { readonly kind: 'invalid'; readonly problem: string };

const V1_PREFIX = bytesOf('PROXY ');
const V2_SIGNATURE = bytesOf('\r\n\r\n\0\r\nQUIT\n');
/** The signature, version and command, family and transport, length. */
const V2_FIXED_BYTES = 16;

const V1_LINE = /^PROXY (TCP[46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) ([0-9]{1,5}) ([0-9]{1,5})$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.|$)){4}$/;
const LF = 0x0a;

/** Address families of version 2, and how many bytes their addresses and ports take. */
const FAMILIES = [
  { name: 'unspecified', bytes: 0 },
  { name: 'ipv4', bytes: 12 },
  { name: 'ipv6', bytes: 36 },
  { name: 'unix', bytes: 216 },
] as const;

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const MISSING = invalid('expected a PROXY header');
const MALFORMED = invalid('the PROXY header is malformed');
const TOO_LONG = invalid('the PROXY header is too long');

/**
 * Reads the header that a proxy writes before what its client writes (HAProxy's proxy-protocol.txt, versions 1 and 2).
 * To be called again with all bytes so far as long as it is incomplete. What cannot become a header is invalid at its
 * first wrong byte.
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader {
  if (startsAlike(bytes, V1_PREFIX)) return bytes.length < V1_PREFIX.length ? INCOMPLETE : parseV1(bytes);
  if (startsAlike(bytes, V2_SIGNATURE)) return bytes.length < V2_FIXED_BYTES ? INCOMPLETE : parseV2(bytes);
  return MISSING;
}

function parseV1(bytes: Uint8Array): ProxyHeader {
  const at = bytes.subarray(0, MAX_V1_BYTES).indexOf(LF);
  if (at < 0) return bytes.length < MAX_V1_BYTES ? INCOMPLETE : TOO_LONG;
  const text = String.fromCharCode(...bytes.subarray(0, at));
  if (!text.endsWith('\r')) return MALFORMED;
  const line = text.slice(0, -1);
  // Whatever stands behind UNKNOWN is to be passed over.
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { kind: 'header', length: at + 1, address: undefined };
  const [, family, source = '', destination = '', ...ports] = V1_LINE.exec(line) ?? [];
  const isSound =
    family !== undefined &&
    [source, destination].every((address) =>
      family === 'TCP4' ? IPV4.test(address) : address.includes(':'),
    ) &&
    ports.every((port) => Number(port) <= 65_535);
  return isSound ? { kind: 'header', length: at + 1, address: source } : MALFORMED;
}

function parseV2(bytes: Uint8Array): ProxyHeader {
  const [versionAndCommand = 0, familyAndTransport = 0, high = 0, low = 0] = bytes.subarray(12);
  const command = versionAndCommand & 0x0f;
  const family = FAMILIES[familyAndTransport >> 4];
  const addressBytes = high * 256 + low;
  const length = V2_FIXED_BYTES + addressBytes;
  if (versionAndCommand >> 4 !== 2 || command > 1) return MALFORMED;
  if (length > MAX_PROXY_HEADER_BYTES) return TOO_LONG;
  // LOCAL: the proxy itself, whatever addresses come with it.
  const isLocal = command === 0;
  if (!isLocal && (family === undefined || (familyAndTransport & 0x0f) > 2 || addressBytes < family.bytes)) {
    return MALFORMED;
  }
  if (bytes.length < length) return INCOMPLETE;
  const address = isLocal ? undefined : addressIn(family?.name, bytes.subarray(V2_FIXED_BYTES));
  return { kind: 'header', length, address };
}

function addressIn(
  family: (typeof FAMILIES)[number]['name'] | undefined,
  bytes: Uint8Array,
): string | undefined {
  if (family === 'ipv4') return bytes.subarray(0, 4).join('.');
  if (family !== 'ipv6') return undefined;
  const groups = Array.from({ length: 8 }, (_, n) => (bytes[2 * n] ?? 0) * 256 + (bytes[2 * n + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(':');
}

/** Whether one is the beginning of the other. */
function startsAlike(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, n) => n >= bytes.length || bytes[n] === byte);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function invalid(problem: string): ProxyHeader {
  return { kind: 'invalid', problem };
}
