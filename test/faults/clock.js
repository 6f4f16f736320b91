/* Loaded into a relay (`node --import`): at each SIGWINCH the time of day steps, an hour ahead, two back, one ahead. */
const STEPS_MS = [3_600_000, -7_200_000, 3_600_000];

const now = Date.now.bind(Date);
let offset = 0;
let steps = 0;
Date.now = () => now() + offset;
process.on('SIGWINCH', () => {
  offset += STEPS_MS[steps % STEPS_MS.length];
  steps += 1;
});
