import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_ARGUMENTS, findChromium } from './scripts/chromium.mjs';

const executablePath = findChromium();

const isLong = process.env.LONG === '1';

/** `*.test.ts` runs in Node; `*.browser.test.ts` runs in Chromium, where IndexedDB is real. */
export default defineConfig({
  define: {
    __GATEHOUSE_VERSION__: JSON.stringify('0.0.0-test'),
    __GATEHOUSE_BUILD__: JSON.stringify('test'),
  },
  test: {
    // Generous: a machine that does something else besides must not fail a property test.
    testTimeout: 60_000,
    provide: {
      times: isLong
        ? { kills: 250, wrongPasswords: 1_000, unlocks: 100, writes: 100 }
        : { kills: 13, wrongPasswords: 5, unlocks: 20, writes: 15 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['{core,extension,pwa,e2e}/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
        },
      },
      {
        extends: true,
        plugins: [svelte()],
        test: {
          name: 'browser',
          include: ['{core,extension,pwa}/**/*.browser.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath,
                args: CHROMIUM_ARGUMENTS,
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
