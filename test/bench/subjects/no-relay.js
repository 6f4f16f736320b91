/** The load's sender straight to its receiver: the most that this machine's loopback and the load can do.
 *  @type {import('./index.js').Subject} */
export const noRelay = {
  name: 'no relay',
  control: true,
  forwards: true,
  measures: ['throughput'],
  available: () => undefined,
  start: async (target) => ({
    host: '127.0.0.1',
    port: target,
    pid: undefined,
    stop: async () => undefined,
  }),
  handshake: () => ({ line: '' }),
};
