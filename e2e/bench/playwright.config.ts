import { defineConfig } from '@playwright/test';

/** One browser at a time: figures, not tests. Run by `npm run bench`. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.bench.ts',
  outputDir: '../../test-results/bench',
  globalSetup: '../global-setup.ts',
  timeout: 300_000,
  workers: 1,
  fullyParallel: false,
  reporter: [['list']],
});
