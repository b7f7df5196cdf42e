import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../test-results',
  globalSetup: './global-setup.ts',
  timeout: 30_000,
  expect: { timeout: 5000 },
  forbidOnly: Boolean(process.env.CI),
  // Browsers are heavy: two at once is what two cores carry.
  workers: 2,
  // A test that needed another try is printed as flaky by the runner's summary.
  retries: process.env.CI ? 2 : 0,
  fullyParallel: false,
  reporter: [
    ['list'],
    ...(process.env.GATEHOUSE_E2E_JSON
      ? [['json', { outputFile: process.env.GATEHOUSE_E2E_JSON }] as const]
      : []),
  ],
  use: { trace: 'off', screenshot: 'off' },
});
