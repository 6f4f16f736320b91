import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { obstacleToPlugins, startPlugin } from './twist.js';

const hex = (text, length) => createHash('sha256').update(text).digest('hex').slice(0, length);

/** magic-wormhole's relay: Python, two clients that name the same token. @type {import('./index.js').Subject} */
export const transitRelay = {
  name: 'transit relay',
  control: true,
  peer: true,
  measures: ['throughput', 'pairs', 'latency'],
  available: () => obstacleToPlugins('transitrelay'),
  start: () => startPlugin('transitrelay', tmpdir()),
  handshake: (role, code) => ({
    line: `please relay ${hex(code, 64)} for side ${hex(role, 16)}\n`,
    reply: 'ok\n',
  }),
};
