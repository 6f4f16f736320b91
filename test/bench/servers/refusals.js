/* A control: reads a line, answers with another, and ends the connection. No limits, deadlines or log. */
import net from 'node:net';
import { listen } from './listen.js';

const server = net.createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end('Invalid handshake: expected code:role.\n'));
});

listen(server);
