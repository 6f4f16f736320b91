/* A control: accepts connections, drops what they write, and holds them. */
import net from 'node:net';
import { listen } from './listen.js';

const held = new Set();

const server = net.createServer((socket) => {
  held.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', () => held.delete(socket));
  socket.resume();
});

listen(server);
