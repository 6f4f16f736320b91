import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

// Loaded before each file of the project `io` (see ../projects.ts): its process is that of other files too.

const { testPath } = expect.getState();
if (testPath === undefined || /\bvi\.(do)?[mM]ock\(/.test(readFileSync(testPath, 'utf8')))
  throw new Error(`${String(testPath)} mocks a module: it belongs to the project alone.`);
