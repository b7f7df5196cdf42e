import { defineConfig } from '@playwright/test';

/** Draws the README's picture from the real thing: `npm run picture`. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.picture.ts',
  outputDir: '../../test-results/picture',
  globalSetup: '../global-setup.ts',
  workers: 1,
  reporter: [['list']],
});
