import { isIP } from 'node:net';

/**
 * Whether a request is for this server by the `Host` that it names: localhost, the host that it listens on, or an IP
 * address. A page of a stranger's can have its own name lead here (DNS rebinding), and a browser then lets it read what
 * it asks for; the name stands in `Host` all the same. An address there cannot be a stranger's name.
 *
 * @param header undefined where there is none, as in HTTP/1.0: no browser leaves it out.
 */
export function isOwnName(header: string | undefined, listensOn: string): boolean {
  if (header === undefined) return true;
  const name = nameIn(header);
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === 'localhost' || name === plain(listensOn);
}

/** `name`, `name:port`, `[address]`, `[address]:port` (RFC 9110, 7.2). */
function nameIn(header: string): string | undefined {
  const [, address, name] = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::[0-9]*)?$/.exec(header) ?? [];
  if (address !== undefined) return isIP(address) === 6 ? address : undefined;
  return name === undefined ? undefined : plain(name);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
