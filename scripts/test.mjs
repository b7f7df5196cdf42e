/**
 * npm test: installs what is lacking, then all checks. Every step runs, so that one run tells all;
 * the last line is `N passed, N failed`, with `, N skipped` where some were.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { CACHE, ensureInstalled, run, start } from './project.mjs';
import { printPromises } from './promises.mjs';

const UNIT_REPORT = join(CACHE, 'unit.json');
const E2E_REPORT = join(CACHE, 'e2e.json');
const total = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} name */
function heading(name) {
  console.log(`\n=== ${name} ${'='.repeat(Math.max(3, 70 - name.length))}`);
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // the runner died before it wrote one
  }
}

/**
 * Runs one step and counts it: by its own report, else as one check.
 * @param {string} name
 * @param {() => Promise<number>} work the exit code
 * @param {() => { passed: number, failed: number, skipped: number } | undefined} [count]
 */
async function step(name, work, count) {
  heading(name);
  const started = Date.now();
  const code = await work();
  const counted = count?.() ?? {
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
  };
  // A runner that fails without a failed test (an error outside of tests) is a failure too.
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  total.passed += counted.passed;
  total.failed += counted.failed;
  total.skipped += counted.skipped;
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`--- ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${seconds} s`);
  return code === 0;
}

/** The stock `age` command, which opens our exports in a test; where there is none, that test skips. */
function ensureAge() {
  if (spawnSync('age', ['--version']).status === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'age'], { env });
}

function countUnit() {
  const report = readReport(UNIT_REPORT);
  return (
    report && {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    }
  );
}

function countE2e() {
  const stats = readReport(E2E_REPORT)?.stats;
  return (
    stats && {
      passed: stats.expected + stats.flaky,
      failed: stats.unexpected,
      skipped: stats.skipped,
    }
  );
}

await start(async () => {
  heading('set up');
  await ensureInstalled();
  ensureAge();
  const chromium = ensureChromium();
  if (!chromium)
    throw new Error('No Chromium was found and none could be installed. Set CHROMIUM_PATH.');
  console.log(`Node ${process.version}, ${chromium}`);
  process.env.CHROMIUM_PATH = chromium; // every step uses the same browser
  mkdirSync(CACHE, { recursive: true });
  for (const report of [UNIT_REPORT, E2E_REPORT]) rmSync(report, { force: true });

  await step('type check', () => run('npm', ['run', '--silent', 'check:types']));
  await step('lint', () => run('npm', ['run', '--silent', 'check:lint']));
  await step(
    'unit tests',
    () =>
      run('vitest', [
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${UNIT_REPORT}`,
      ]),
    countUnit,
  );
  const built = await step('build', () => run('npm', ['run', '--silent', 'build']));
  if (built) {
    await step(
      'browser tests',
      () => run('npm', ['run', '--silent', 'test:e2e'], { GATEHOUSE_E2E_JSON: E2E_REPORT }),
      countE2e,
    );
    await step('promises', async () =>
      printPromises(readReport(UNIT_REPORT), readReport(E2E_REPORT)) ? 0 : 1,
    );
  }

  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});
