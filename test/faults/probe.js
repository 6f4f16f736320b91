/*
 * Loaded into a relay before everything else (`node --expose-gc --import`): at each SIGWINCH a line of JSON on standard
 * error, with what the process holds when all garbage is gone. Costs nothing in between.
 */
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { readdirSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import v8 from 'node:v8';

const timer = setTimeout(() => undefined, 1);
const Timeout = timer.constructor;
clearTimeout(timer);

const STDERR = 2;
const open = new Set();
subscribe('net.server.socket', ({ socket }) => {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
});

const listenersOf = (emitter) =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

process.on('SIGWINCH', () => {
  // Twice: what a finalizer lets go of falls in the second.
  globalThis.gc();
  setImmediate(() => {
    globalThis.gc();
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    const counts = { sockets: v8.queryObjects(Socket), timers: v8.queryObjects(Timeout) };
    const emitters = v8.queryObjects(EventEmitter);
    const listeners = [process, ...open].reduce((sum, emitter) => sum + listenersOf(emitter), 0);
    const openFiles = readdirSync('/proc/self/fd').length;
    const said = { heapUsed, external, arrayBuffers, rss, ...counts, emitters, listeners, openFiles };
    writeSync(STDERR, `${JSON.stringify(said)}\n`);
  });
});
