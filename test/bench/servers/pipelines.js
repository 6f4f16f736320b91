/* A control: pairs two connections by the code of their first lines, and pipes. No limits, deadlines, log, notices. */
import net from 'node:net';
import { pipeline } from 'node:stream';
import { listen } from './listen.js';

const waiting = new Map();
const ignore = () => undefined;

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', ignore);
  // The load writes a line in one piece, and on loopback it arrives in one.
  socket.once('data', (bytes) => {
    socket.pause();
    const code = bytes.toString('latin1', 0, bytes.indexOf(':'));
    const payload = bytes.subarray(bytes.indexOf('\n') + 1);
    if (payload.length > 0) socket.unshift(payload);

    const other = waiting.get(code);
    if (other === undefined) {
      waiting.set(code, socket);
      return;
    }
    waiting.delete(code);
    pipeline(socket, other, ignore);
    pipeline(other, socket, ignore);
  });
});

listen(server);
