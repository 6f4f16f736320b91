import { it } from 'vitest';
import { expectFloodBounded } from './flood.js';

// More than the tables hold; memory.long.test.ts has the million.
it('200,000 sources and as many codes take bounded memory, and active blocks stay', async () => {
  await expectFloodBounded(200_000);
});
