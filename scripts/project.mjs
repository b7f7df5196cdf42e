/** The project's folder, its commands and its dependencies. Node's own modules only. */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DIST = process.env.GATEHOUSE_DIST ?? join(ROOT, 'dist');
/** What our scripts keep between runs. */
export const CACHE = join(ROOT, 'node_modules/.cache/gatehouse');

const OLDEST_NODE = [20, 19];

/**
 * Runs a command of the project with its output on ours.
 * @param {string} command `npm`, `npx` or the name of a dependency's command
 * @param {string[]} [parameters]
 * @param {Record<string, string>} [env] more environment
 * @returns {Promise<number>} the exit code
 */
export function run(command, parameters = [], env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      cwd: ROOT,
      stdio: 'inherit',
      shell: process.platform === 'win32',
      env: {
        ...process.env,
        PATH: `${join(ROOT, 'node_modules/.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
        ...env,
      },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Throws where this Node is too old to build the project. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `Gatehouse needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version}.`,
  );
}

/** Runs `npm ci` where the dependencies are missing or older than the lock file. */
export async function ensureInstalled() {
  checkNode();
  const installed = join(ROOT, 'node_modules/.package-lock.json');
  const locked = statSync(join(ROOT, 'package-lock.json')).mtimeMs;
  if (existsSync(installed) && statSync(installed).mtimeMs >= locked) return;
  console.log('Installing the dependencies: npm ci');
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) throw new Error('npm ci failed; its words are above.');
}

/**
 * Builds dist/pwa, dist/extension and, for `npm start`, dist/sample.
 * @param {string[]} targets
 */
export async function build(...targets) {
  for (const target of targets) {
    const code = await run('vite', ['build', '--mode', target, '--logLevel', 'warn']);
    if (code !== 0) throw new Error(`The build of ${target} failed; its words are above.`);
  }
}

/**
 * Runs a script's main function: an Error becomes one clear line, not a stack.
 * @param {() => Promise<void>} main
 */
export async function start(main) {
  try {
    await main();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
