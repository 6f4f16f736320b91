import type { RelayAddress } from './api.js';
import { connectionFailed } from '../transfer/meeting/join.js';

/** Why a relay cannot be reached, and what to do: a sentence for people. Nothing that it said is repeated. */
export function unreachable(relay: RelayAddress, error: NodeJS.ErrnoException): string {
  const { host, port, tls } = relay;
  const { code = '' } = error;
  switch (code) {
    case 'ECONNREFUSED':
      return `No relay answers at ${hostPort(host, port)}. Check the address (--relay), and that the relay runs.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host ${host}. Check the relay's address (--relay).`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `The relay at ${hostPort(host, port)} cannot be reached. Check your network.`;
    default:
      return tls === undefined
        ? connectionFailed(hostPort(host, port), briefly(error))
        : untrusted(host, port, code);
  }
}

/** As `--relay` takes it: IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Its message; or its code, where the message is one of OpenSSL, for those who know its source. */
export function briefly(error: NodeJS.ErrnoException): string {
  return error.code?.startsWith('ERR_SSL_') === true ? error.code : error.message;
}

/** What went wrong before TLS was agreed on. */
function untrusted(host: string, port: number, code: string): string {
  const whose = `The certificate of the relay at ${hostPort(host, port)}`;
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
    case 'CERT_SIGNATURE_FAILURE':
    case 'INVALID_CA':
      return `${whose} is signed by nobody whom this machine trusts. If its operator gave you a CA file, name it with --ca.`;
    case 'CERT_HAS_EXPIRED':
      return `${whose} has expired. Check this machine's clock, then tell the relay's operator.`;
    case 'CERT_NOT_YET_VALID':
      return `${whose} is not valid yet. Check this machine's clock, then tell the relay's operator.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${whose} is for another name. Use the name that the operator gave you (--relay).`;
    case 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED':
      return `The relay at ${hostPort(host, port)} turns your address away: too many connections, or blocked for a while. Try again later.`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'ERR_SSL_BAD_RECORD_TYPE':
      return `What answers at ${hostPort(host, port)} speaks no TLS. Check the address, or drop --tls (and write relay://).`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `The relay at ${hostPort(host, port)} closed the connection before TLS was agreed on. Does it speak TLS? If not, drop --tls.`;
    default:
      return `No TLS connection to the relay at ${hostPort(host, port)} could be made (${code === '' ? 'unknown' : code}).`;
  }
}
