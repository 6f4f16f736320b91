import { startTool } from '../processes.js';

/**
 * Starts the sender, and once it is ready, the receiver; resolves when both have ended well.
 *
 * @typedef {import('../processes.js').Tool} Tool
 * @param {object} pair
 * @param {Tool} pair.sender Ready when its standard error shows what `ready` matches.
 * @param {(match: RegExpExecArray) => Tool} pair.receiver Started with what it matched.
 * @param {number} [pair.graceMs] How long after that a receiver can come.
 * @param {number} pair.timeoutMs For all of it.
 * @returns {Promise<{ seconds: number }>} The sender's time until it was ready, and from the receiver's start until
 *   both had ended. The wait between the two is not in it.
 */
export async function runPair({ sender, receiver, graceMs = 0, timeoutMs }) {
  const tools = [];
  const start = (tool) => {
    const running = startTool({ ...tool, timeoutMs });
    tools.push(running);
    return running;
  };
  try {
    const began = performance.now();
    const sending = start(sender);
    const match = await sending.isReady;
    const ready = performance.now();
    await new Promise((resolve) => setTimeout(resolve, graceMs));
    const joined = performance.now();
    const receiving = start(receiver(match));
    await Promise.all([sending.ended, receiving.ended]);
    return { seconds: (ready - began + (performance.now() - joined)) / 1000 };
  } finally {
    await Promise.all(tools.map((tool) => tool.stop()));
  }
}
