/*
 * For a tool that is started with `NODE_OPTIONS=--import=…`: right before its first call `KILL_AT` (`rm journal`: the name of
 * the function, and the last part of the path) it kills the process `KILL_ALSO`, and itself.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { basename } from 'node:path';

const { KILL_AT, KILL_ALSO } = process.env;

function watch(object, names) {
  for (const name of names) {
    const original = object[name];
    object[name] = function (...parameters) {
      const [path] = parameters;
      if (`${name} ${typeof path === 'string' ? basename(path) : ''}`.trim() === KILL_AT) {
        try {
          process.kill(Number(KILL_ALSO), 'SIGKILL');
        } catch {
          // It had come to its end.
        }
        process.kill(process.pid, 'SIGKILL');
      }
      return original.apply(this, parameters);
    };
  }
}

watch(fs.promises, ['link', 'unlink', 'lutimes', 'rm']);
watch(net.Socket.prototype, ['end', 'destroy']);
syncBuiltinESMExports();
