import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.{long,faults,soak}.test.ts'],
    setupFiles: 'test/helpers/environment.ts',
    // So that a test that hangs ends; nothing is judged by it. What waits in vain says so long before (helpers/eventually.ts).
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Most tests wait for sockets more than they compute.
    maxWorkers: 2,
    coverage: {
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90, functions: 90, statements: 90, branches: 85 },
    },
  },
});
