import { startLoad } from '../processes.js';

const LOAD = new URL('../load/waiters.js', import.meta.url);

/** One process has about as many files as the relay may have: they share the connections. */
const MOST_IN_ONE = 5000;
const OPEN_TIMEOUT_MS = 60_000;

/**
 * Processes that hold up to so many waiting senders. No address is chosen for them: the system lends a port again that
 * it chose itself, to another server, and not one that was asked for by bind(2).
 */
export function startWaiters(most) {
  const loads = Array.from({ length: Math.ceil(most / MOST_IN_ONE) }, () => startLoad(LOAD));
  let crowds = 0;
  return {
    processes: loads,
    async open(subject, { host, port }, count) {
      const crowd = crowds++;
      const shares = loads.map((_, i) => Math.min(MOST_IN_ONE, Math.max(0, count - i * MOST_IN_ONE)));
      const order = (i) => ({
        ...{ subject: subject.name, host, port, count: shares[i] },
        prefix: `wait-${crowd}-${i}`,
      });
      await Promise.all(loads.map((load, i) => load.call('open', order(i), OPEN_TIMEOUT_MS)));
    },
    /** Fails where one of them was spoken to, or left. */
    check: () => Promise.all(loads.map((load) => load.call('check'))),
    close: () => Promise.all(loads.map((load) => load.call('close'))),
    stop: () => Promise.all(loads.map((load) => load.stop())),
  };
}
