/**
 * npm run test:security: the tests of what Gatehouse promises about keys, bundles, consent and
 * durability, and a table of promise, tests and figure. `-- --long` kills 1,000 contexts and 100
 * browsers, and waits where a test takes minutes. `npm test` runs the same tests at their usual size.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { CACHE, ensureInstalled, run, start } from './project.mjs';
import { filesOf, printPromises } from './promises.mjs';

const UNIT_REPORT = join(CACHE, 'security-unit.json');
const E2E_REPORT = join(CACHE, 'security-e2e.json');

/** @param {string} file */
const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // the runner died before it wrote one
  }
};

await start(async () => {
  await ensureInstalled();
  const chromium = ensureChromium();
  if (!chromium)
    throw new Error('No Chromium was found and none could be installed. Set CHROMIUM_PATH.');
  process.env.CHROMIUM_PATH = chromium;
  if (process.argv.includes('--long'))
    Object.assign(process.env, { LONG: '1', KILLS: '1000', SIGKILLS: '100' });
  mkdirSync(CACHE, { recursive: true });
  for (const report of [UNIT_REPORT, E2E_REPORT]) rmSync(report, { force: true });
  const unit = await run('vitest', [
    'run',
    ...filesOf('unit'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${UNIT_REPORT}`,
  ]);
  const built = await run('npm', ['run', '--silent', 'build']);
  const e2e =
    built ||
    (await run(
      'npm',
      [
        'run',
        '--silent',
        'test:e2e',
        '--',
        ...filesOf('e2e').map((file) => file.replace('e2e/', '')),
      ],
      { GATEHOUSE_E2E_JSON: E2E_REPORT },
    ));
  const isKept = printPromises(read(UNIT_REPORT), read(E2E_REPORT));
  process.exitCode = isKept && unit === 0 && e2e === 0 ? 0 : 1;
});
