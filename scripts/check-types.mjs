// Type-checks every program of the project: each folder's tsconfig holds its own borders.
import { spawnSync } from 'node:child_process';

const projects = [
  'core/tsconfig.json',
  'core/tsconfig.test.json',
  'extension/background/tsconfig.json',
  'extension/tsconfig.json',
  'pwa/tsconfig.worker.json',
  'pwa/tsconfig.json',
  'tsconfig.test.json',
  'e2e/tsconfig.json',
  'scripts/tsconfig.json',
];
// The native compiler, five times faster; linter and svelte-check still need the one in JavaScript.
const NATIVE = 'node_modules/typescript-native/bin/tsc';
const commands = [
  ...projects.map((project) => [NATIVE, '-p', project]),
  ['node_modules/.bin/svelte-check', '--tsconfig', './tsconfig.svelte.json', '--fail-on-warnings'],
];
let failed = 0;
for (const [command = '', ...args] of commands) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`failed: ${command} ${args.join(' ')}`);
    failed += 1;
  }
}
process.exit(failed === 0 ? 0 : 1);
