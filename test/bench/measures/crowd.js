import { startLoad } from '../processes.js';

const LOAD = new URL('../load/crowd.js', import.meta.url);

const OPEN_TIMEOUT_MS = 60_000;
const WARM_SECONDS = 30;

/** Together the windows fit into what the kernel may hold for TCP; one is never so small that it holds its pair up. */
const ALL_WINDOWS_BYTES = 2 ** 28;
const WINDOW = { least: 2 ** 16, most: 2 ** 24 };

const windowFor = (count) =>
  Math.min(WINDOW.most, Math.max(WINDOW.least, Math.floor(ALL_WINDOWS_BYTES / count)));

/** Many pairs at once, in a process of their own. */
export function startCrowd() {
  const load = startLoad(LOAD);
  let crowds = 0;
  return {
    processes: [load],
    listen: () => load.call('listen'),
    /** Opens so many pairs through the subject. `reads`: whether the receivers will. */
    open(subject, { host, port }, { count, reads = true }) {
      const order = { subject: subject.name, host, port, count, reads, prefix: `crowd-${crowds++}` };
      return load.call('join', order, OPEN_TIMEOUT_MS);
    },
    /** So many pairs begin, and go on without end. False where some of them were not under way after a while. */
    async flow(count) {
      await load.call('go', { window: windowFor(count) });
      return await load.call('warm', { seconds: WARM_SECONDS }, WARM_SECONDS * 2000);
    },
    /** Senders send until nothing moves any more. */
    fill: () => load.call('go'),
    count: (seconds) => load.call('count', { seconds }, seconds * 1000 + 10_000),
    check: () => load.call('check'),
    /** Resets every connection. */
    close: () => load.call('close'),
    stop: () => load.stop(),
  };
}
