import { fileURLToPath } from 'node:url';
import { relayServer, startRelay } from './relay-server.js';

const fixture = (name) => fileURLToPath(new URL(`../../fixtures/tls/test-only-${name}.pem`, import.meta.url));

/** For 127.0.0.1. It signs itself. */
export const CERTIFICATE = fixture('cert');

const ARGS = ['--tls-cert', CERTIFICATE, '--tls-key', fixture('key')];

const variant = (name, tls) => ({
  ...relayServer,
  name: `relay-server, ${name}`,
  control: tls.length === 0,
  tls,
  measures: ['tls'],
  start: () => startRelay(ARGS),
});

/** This project's relay with a certificate, by who speaks TLS with it. @type {import('./index.js').Subject[]} */
export const relayServerOverTls = [
  variant('plain', []),
  variant('sender TLS', ['sender']),
  variant('receiver TLS', ['receiver']),
  variant('both TLS', ['sender', 'receiver']),
];
