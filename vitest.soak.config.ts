import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.soak.test.ts'],
    setupFiles: './test/helpers/environment.ts',
    disableConsoleIntercept: true,
  },
});
