import { isIPv4, isIPv6 } from 'node:net';

/** The groups before the IPv4 part of `::ffff:a.b.c.d` (IPv4-mapped addresses: RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = '0:0:0:0:0:ffff';

const SOURCE_SUFFIX = '::/64';

/**
 * Who a connection is counted against: the IPv4 address, or the /64 of the IPv6 address as RFC 5952 writes it
 * (`2001:db8:1:2::/64`). A /64 is what one subscriber gets, so that a host which changes its address with every
 * connection still has one budget.
 *
 * An IPv4-mapped address is the IPv4 address, in whichever way it is written: a socket that listens on `::` reports
 * IPv4 peers so. Zone ids are dropped: they name our own interface and not the peer.
 *
 * @param remoteAddress what a socket says of its peer; undefined where the peer was gone before it was asked
 * @returns undefined where that is no IP address, so that nothing is ever counted against the word "undefined"
 */
export function sourceOf(remoteAddress: string | undefined): string | undefined {
  if (remoteAddress === undefined) return undefined;
  // As a socket on `::` reports an IPv4 peer. Every connection comes by here, and the way below takes ten times longer.
  const plain = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice('::ffff:'.length) : remoteAddress;
  if (isIPv4(plain)) return plain;
  if (!isIPv6(remoteAddress)) return undefined;

  const groups = groupsOf(remoteAddress);
  if (groups.slice(0, 6).join(':') === MAPPED_PREFIX) return groups.slice(6).flatMap(bytesOf).join('.');

  // The last four groups are zero and no earlier run is longer than theirs, so that "::" always stands at the end.
  const network = groups.slice(0, 4);
  while (network.at(-1) === '0') network.pop();
  return network.join(':') + SOURCE_SUFFIX;
}

/**
 * The source that somebody means who writes an address, or a /64 as {@link sourceOf} does.
 * @returns undefined where the text is neither
 */
export function readSource(text: string): string | undefined {
  if (!text.endsWith('/64')) return sourceOf(text);
  const source = sourceOf(text.slice(0, -'/64'.length));
  return source?.endsWith('/64') === true ? source : undefined;
}

/**
 * The networks that a source of IPv6 is in, the narrower one first: its /56, which as a rule is one household's, and its
 * /48, an organisation's. None for an IPv4 address.
 *
 * @param source as {@link sourceOf} writes it
 */
export function networksOf(source: string): readonly string[] {
  if (!source.endsWith(SOURCE_SUFFIX)) return [];
  const groups = source.slice(0, -SOURCE_SUFFIX.length).split(':');
  const [first = '', second = '0', third = '0', fourth = '0'] = groups;
  const wide = `${first === '' ? '0' : first}:${second}:${third}`;
  const [subnet = 0] = bytesOf(fourth);
  return [`${wide}:${(subnet << 8).toString(16)}::/56`, `${wide}::/48`];
}

/** The eight groups of a valid IPv6 address, in lower case and without leading zeros; its zone id is left out. */
export function groupsOf(address: string): string[] {
  // The URL parser knows every way to write an address, an IPv4 tail among them, and writes it in one.
  const canonical = new URL(`http://[${address.replace(/%.*$/s, '')}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

/** The two bytes of a group. */
export function bytesOf(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
