import { freePorts } from '../transfer/free-ports.js';
import { findProgram, missing } from '../transfer/programs.js';
import { startServer } from '../processes.js';

const HOST = '127.0.0.1';
const END_OF_HEADERS = '\r\n\r\n';
const program = () => findProgram('PIPING_SERVER', 'piping-server');

const request = (...lines) => [...lines, `Host: ${HOST}`, 'Connection: close', '', ''].join('\r\n');

/** A receiver's stream begins behind the headers of its answer. */
function hearHeaders(heard) {
  const end = heard.indexOf(END_OF_HEADERS);
  if (end === -1) return undefined;
  const status = heard.toString('latin1', 0, heard.indexOf('\r\n'));
  if (!status.startsWith('HTTP/1.1 200 ')) throw new Error(`was answered ${status}`);
  return { used: end + END_OF_HEADERS.length, begun: true };
}

/** One PUT, one GET, the same path: Node's HTTP in between. @type {import('./index.js').Subject} */
export const pipingServer = {
  name: 'piping-server',
  control: true,
  peer: true,
  measures: ['throughput', 'pairs'],
  available: () => (program() === undefined ? missing('PIPING_SERVER', 'piping-server') : undefined),
  async start() {
    const [port] = await freePorts(1, HOST);
    const args = ['--host', HOST, '--http-port', String(port)];
    return await startServer({ name: 'piping-server', command: program(), args, port });
  },
  handshake: (role, code, { size }) =>
    role === 'sender'
      ? // The body may follow at once; what the server says of its progress meanwhile is nothing to us.
        { line: request(`PUT /${code} HTTP/1.1`, `Content-Length: ${size}`), chatter: true }
      : { line: request(`GET /${code} HTTP/1.1`), hear: hearHeaders },
};
