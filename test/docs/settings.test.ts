import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { withTables } from './settings-tables.js';

const page = (name: string): string => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));

// Where this fails, the flags have changed: `npm run docs:settings` writes the tables anew.
it.each(['operations.md', 'tools.md'])('docs/%s has the flags as the programs have them', async (name) => {
  const text = readFileSync(page(name), 'utf8');
  expect(text).toContain(': npm run docs:settings -->\n');
  await expect(await withTables(text)).toMatchFileSnapshot(page(name));
});
