import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Certificate } from '../../relay/entrance/tls.js';
import { fileProblem } from '../../files/errors.js';

/** A certificate or a key that cannot be used. The message is for the operator, in one line; nothing of a key is in it. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export interface CertificateFiles {
  /** PEM: the relay's own certificate, then those that lead to its authority. */
  readonly cert: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

export interface LoadedCertificate extends Certificate {
  readonly cert: string;
  readonly key: string;
  /** Milliseconds since 1970, of the relay's own certificate. */
  readonly expiresAt: number;
}

const BLOCK = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * Reads a certificate and its key, and checks that they fit together.
 * @throws {CertificateError}
 */
export async function loadCertificate(files: CertificateFiles): Promise<LoadedCertificate> {
  const [cert, key] = await Promise.all([
    read(files.cert, 'certificate'),
    read(files.key, 'key of the certificate'),
  ]);
  const [own, ...others] = parseChain(cert, files.cert);
  if (own === undefined) throw problem('certificate', files.cert, 'there is no certificate in PEM in it');
  const privateKey = parseKey(key, files.key);
  if (!own.checkPrivateKey(privateKey)) {
    const isBehind = others.some((other) => other.checkPrivateKey(privateKey));
    const why = isBehind
      ? 'the certificate that it belongs to is not the first in its file'
      : 'it belongs to another';
    throw problem('key of the certificate', files.key, why);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw problem('certificate', files.cert, 'its key or its signature is of a kind too weak for TLS', error);
  }
  return { cert, key, expiresAt: new Date(own.validTo).getTime() };
}

function parseChain(text: string, path: string): X509Certificate[] {
  return [...text.matchAll(BLOCK)].map(([block], index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw problem('certificate', path, `number ${index + 1} in it is damaged`, error);
    }
  });
}

function parseKey(text: string, path: string): KeyObject {
  const what = 'key of the certificate';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw problem(what, path, 'there is no private key in PEM in it');
  if (text.includes('ENCRYPTED'))
    throw problem(what, path, 'it has a passphrase, which nobody could type here');
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw problem(what, path, 'it is damaged', error);
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    throw problem(what, path, fileProblem(error), error);
  }
}

function problem(what: string, path: string, why: string, cause?: unknown): CertificateError {
  return new CertificateError(`the ${what} ${JSON.stringify(path)} cannot be used: ${why}.`, { cause });
}
