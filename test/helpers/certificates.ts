import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, both in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Issued {
  /** A server's certificate for these names and IPv4 addresses; valid now, unless said otherwise. */
  issue(names: readonly string[], valid?: Partial<Validity>): Issued;
}

interface Validity {
  readonly from: Date;
  readonly until: Date;
}

const DAY_MS = 86_400_000;

/** A certificate authority of a test's own. Node can check certificates, and make none: so this writes the DER. */
export function createAuthority(name = 'A test authority'): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    name,
    publicKey: own.publicKey,
    issuer: name,
    signer: own.privateKey,
    isCa: true,
  });
  return {
    cert,
    key: pem(own.privateKey),
    issue(names, valid) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = { name: names[0] ?? '', publicKey, names, ...valid };
      return {
        cert: certificate({ ...subject, issuer: name, signer: own.privateKey, isCa: false }),
        key: pem(privateKey),
      };
    },
  };
}

/** A server's certificate that nobody but itself vouches for. */
export function selfSigned(names: readonly string[]): Issued {
  const name = names[0] ?? '';
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({ name, names, publicKey, issuer: name, signer: privateKey, isCa: false });
  return { cert, key: pem(privateKey) };
}

interface Contents extends Partial<Validity> {
  readonly name: string;
  readonly names?: readonly string[];
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly signer: KeyObject;
  readonly isCa: boolean;
}

/** RFC 5280, 4.1. */
function certificate({ name, names = [], publicKey, issuer, signer, isCa, from, until }: Contents): string {
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const now = Date.now();
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    distinguished(issuer),
    sequence(time(from ?? new Date(now - DAY_MS)), time(until ?? new Date(now + DAY_MS))),
    distinguished(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(constraints(isCa), ...(names.length === 0 ? [] : [alternatives(names)]))),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, signer));
  const lines = sequence(body, algorithm, signature)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function constraints(isCa: boolean): Buffer {
  const value = sequence(...(isCa ? [der(0x01, Buffer.of(0xff))] : []));
  return sequence(oid('551d13'), der(0x01, Buffer.of(0xff)), der(0x04, value));
}

function alternatives(names: readonly string[]): Buffer {
  const all = names.map((name) =>
    isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
  );
  return sequence(oid('551d11'), der(0x04, sequence(...all)));
}

function distinguished(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...(length < 128 ? [length] : long)), value]);
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
