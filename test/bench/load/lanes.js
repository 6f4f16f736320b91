/** Connections on their way at once: few enough that no listen queue runs over. */
const AT_ONCE = 100;

/** Does `open` for each number below `count`, some of them at once. */
export async function inLanes(count, open, lanes = AT_ONCE) {
  let next = 0;
  const lane = async () => {
    while (next < count) await open(next++);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}
