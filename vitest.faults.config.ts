import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.faults.test.ts'],
    setupFiles: './test/helpers/environment.ts',
    testTimeout: 900_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
