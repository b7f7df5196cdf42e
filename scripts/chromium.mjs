/**
 * Finds a Chromium that can load an unpacked extension, or installs one. Only Node's own modules
 * are imported at the top: this runs before `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

// Branded Chrome and Edge no longer take --load-extension: they are not looked for.
const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-for-testing'];
const SYSTEM_PATHS = [
  '/usr/bin/chromium',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
];

/** What the browser needs where it runs as root, or must not phone home. */
export const CHROMIUM_ARGUMENTS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {string | undefined} the path that Playwright would download to, if a browser is there */
function findPlaywrightChromium() {
  try {
    const { chromium } = createRequire(import.meta.url)('playwright');
    const path = chromium.executablePath();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined; // not installed yet
  }
}

/** @returns {string | undefined} */
function findSystemChromium() {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => SYSTEM_NAMES.map((name) => join(folder, name)));
  return [...onPath, ...SYSTEM_PATHS].find((path) => existsSync(path));
}

/**
 * CHROMIUM_PATH, else Playwright's Chromium, else one of the system.
 * @returns {string | undefined}
 */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist.`);
    return named;
  }
  return findPlaywrightChromium() ?? findSystemChromium();
}

/**
 * Runs a command with its output on our own.
 * @param {string} command
 * @param {string[]} parameters
 */
function succeeds(command, parameters) {
  console.log(`> ${command} ${parameters.join(' ')}`);
  const shell = process.platform === 'win32';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, parameters, { stdio: 'inherit', shell, env }).status === 0;
}

/**
 * Finds a Chromium or installs one: by Playwright, else by apt where we are root.
 * @returns {string | undefined} the path; undefined where there is no way
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  console.log('No Chromium found: installing one.');
  if (succeeds('npx', ['playwright', 'install', '--with-deps', 'chromium'])) {
    const installed = findChromium();
    if (installed) return installed;
  }
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    succeeds('apt-get', ['update']);
    succeeds('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
  }
  return findChromium();
}
