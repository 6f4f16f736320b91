import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../transfer/free-ports.js';
import { findProgram, missing } from '../transfer/programs.js';
import { openWorkspace } from '../transfer/workspace.js';
import { startServer } from '../processes.js';
import { openDesk } from './strelaysrv-desk.js';
import { TYPE, expectSuccess, message, opaque, parse } from './strelaysrv-wire.js';

const HOST = '127.0.0.1';
const program = () => findProgram('STRELAYSRV', 'strelaysrv');
const openssl = () => findProgram('OPENSSL', 'openssl');

function obstacle() {
  if (program() === undefined) return missing('STRELAYSRV', 'strelaysrv');
  return openssl() === undefined ? missing('OPENSSL', 'openssl') : undefined;
}

/** A certificate that nobody signed: the relay knows its clients by its hash. */
function makeCertificate(directory) {
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync(
    openssl(),
    [
      ...['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=bench', '-keyout', keyFile, '-out', certFile],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(keyFile), cert: readFileSync(certFile) };
}

/** Nothing of it is told to the public pool of relays, nor to a router. */
const PRIVATE = ['-pools', '', '-status-srv', '', '-nat=false'];

/** A client joins with the key of its invitation, and reads "success". */
function hearResponse(heard) {
  const found = parse(heard);
  if (found === undefined) return undefined;
  expectSuccess(found);
  return { used: found.used, joined: true, begun: true };
}

/** syncthing's relay, in Go: it copies through 64 KiB. @type {import('./index.js').Subject} */
export const strelaysrv = {
  name: 'strelaysrv',
  control: true,
  peer: true,
  noFin: true,
  measures: ['throughput'],
  available: obstacle,
  async start() {
    const workspace = openWorkspace();
    try {
      const [port] = await freePorts(1, HOST);
      const home = workspace.fresh('strelaysrv');
      const certificate = makeCertificate(home);
      const args = ['-listen', `${HOST}:${port}`, '-keys', home, ...PRIVATE];
      const relay = await startServer({ name: 'strelaysrv', command: program(), args, port });
      const desk = await openDesk({ host: HOST, port, ...certificate }).catch(async (error) => {
        await relay.stop();
        throw error;
      });
      const stop = () => {
        desk.close();
        return relay.stop();
      };
      return { ...relay, stop, invite: desk.invite };
    } finally {
      workspace.close();
    }
  },
  handshake: (role, code, { ticket }) => ({
    line: message(TYPE.joinSession, opaque(Buffer.from(ticket, 'hex'))),
    hear: hearResponse,
    announced: true,
  }),
};
