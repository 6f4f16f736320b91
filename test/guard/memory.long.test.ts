import { it } from 'vitest';
import { expectFloodBounded } from './flood.js';

it('a million sources and a million codes take bounded memory, and active blocks stay', async () => {
  await expectFloodBounded(1_000_000);
});
