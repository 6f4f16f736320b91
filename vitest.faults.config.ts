import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.faults.test.ts'],
    testTimeout: 900_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
