import { spawnSync } from 'node:child_process';
import { findProgram, missing } from '../transfer/programs.js';
import { startServer } from '../processes.js';

const twist = () => findProgram('TWIST', 'twist');

const ANY_PORT = 'tcp:0:interface=127.0.0.1';
const STARTED = /Site starting on (\d+)|ServerFactory starting on (\d+)/;

/** Why these servers of magic-wormhole cannot run here, or undefined. */
export function obstacleToPlugins(...plugins) {
  if (twist() === undefined) return missing('TWIST', 'twist');
  const lacking = plugins.find((plugin) => spawnSync(twist(), [plugin, '--help']).status !== 0);
  return lacking === undefined ? undefined : `twist has no plugin ${lacking}`;
}

function findPort(line) {
  const [, site, factory] = STARTED.exec(line) ?? [];
  return site === undefined && factory === undefined ? undefined : Number(site ?? factory);
}

/** Twisted's own runner, with one of magic-wormhole's servers. */
export const startPlugin = (plugin, cwd, ...args) =>
  startServer({
    name: `twist ${plugin}`,
    command: twist(),
    args: ['--log-file=-', '--log-format=text', plugin, '--port', ANY_PORT, ...args],
    cwd,
    findPort,
  });
