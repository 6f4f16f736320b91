import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.long.test.ts'],
    setupFiles: './test/helpers/environment.ts',
    testTimeout: 600_000,
    fileParallelism: false,
  },
});
