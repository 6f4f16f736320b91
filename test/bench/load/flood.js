/* Handshakes that are none, so many a second, from many addresses of 127.0.0.0/8. */
import net from 'node:net';
import { cpuSince, work } from './worker.js';

const TICK_MS = 5;
const LINE = 'this is no handshake\n';
/** Connections that wait for their answer; past it the flood waits, as its sources would. */
const MOST_OPEN = 1000;

let running;

function flood({ host, port, rate, net: second, sources }) {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const open = new Set();
  let asked = 0;
  let answered = 0;
  const ask = () => {
    const localAddress = `127.${second}.${1 + (asked % sources)}.1`;
    asked++;
    const socket = net.connect({ host, port, localAddress });
    open.add(socket);
    socket.once('connect', () => socket.write(LINE));
    socket.once('data', () => answered++);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * rate;
    while (asked < due && open.size < MOST_OPEN) ask();
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    for (const socket of open) socket.resetAndDestroy();
    return { seconds: (performance.now() - began) / 1000, asked, answered, cpuSeconds: cpuSince(cpu) };
  };
}

work({
  start(order) {
    running = flood(order);
  },
  stop: () => running(),
});
