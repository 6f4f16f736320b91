import { BlockList, isIPv4, isIPv6 } from 'node:net';

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address by itself; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  if (family === undefined || address.includes('%') || rest.length > 0) return undefined;
  const longest = family === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return { address, prefix: longest, family };
  if (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > longest) return undefined;
  return { address, prefix: Number(prefix), family };
}

/** A set of IP networks. */
export class Networks {
  readonly #list = new BlockList();

  /** @throws {RangeError} at the first that is none. */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network === undefined) {
        throw new RangeError(`${JSON.stringify(text)} is not an IP address or a network such as 10.0.0.0/8`);
      }
      this.#list.addSubnet(network.address, network.prefix, network.family);
    }
  }

  /** @param address as a socket tells it: `::ffff:a.b.c.d` is the IPv4 address. (A zone id is no part of it for Node.) */
  has(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plain = address.replace(/^::ffff:(?=[0-9.]+$)/i, '');
    return this.#list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}
