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
const commands = [
  ...projects.map((project) => ['tsc', '-p', project]),
  ['svelte-check', '--tsconfig', './tsconfig.svelte.json', '--fail-on-warnings'],
];
let failed = 0;
for (const [command, ...args] of commands) {
  const { status } = spawnSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`failed: ${command} ${args.join(' ')}`);
    failed += 1;
  }
}
process.exit(failed === 0 ? 0 : 1);
