import { defineConfig } from 'vitest/config';
import { ALONE, LongestFirst, UNIT } from './test/projects.js';

const OTHER_SUITES = ['test/**/*.{long,faults,soak}.test.ts'];

export default defineConfig({
  test: {
    // What they are is said in test/projects.ts.
    projects: [
      {
        extends: true,
        test: {
          name: 'io',
          include: ['test/**/*.test.ts'],
          exclude: [...OTHER_SUITES, ...UNIT, ...ALONE],
          pool: 'forks',
          isolate: false,
          setupFiles: './test/helpers/shared.ts',
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, pool: 'forks' } },
      {
        extends: true,
        test: {
          name: 'unit',
          include: UNIT,
          exclude: OTHER_SUITES,
          pool: 'threads',
          isolate: false,
          setupFiles: './test/helpers/pure.ts',
        },
      },
    ],
    sequence: { sequencer: LongestFirst },
    setupFiles: './test/helpers/environment.ts',
    // So that a test that hangs ends; nothing is judged by it. What waits in vain says so long before (helpers/eventually.ts).
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // One more than a small machine has cores: many tests wait more than they compute.
    maxWorkers: 3,
    coverage: {
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90, functions: 90, statements: 90, branches: 85 },
    },
  },
});
