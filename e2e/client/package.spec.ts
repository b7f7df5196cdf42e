/** Row D4: what `npm install` of the built client gives a web app that is written in TypeScript. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { CLIENT } from '../gatehouse.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** The lines that the README shows. */
function example(): string {
  const blocks = [...readFileSync(README, 'utf8').matchAll(/```js\n(.*?)```/gs)];
  const found = blocks.find(([, code = '']) => code.includes("from '@gatehouse/client'"));
  return found?.[1] ?? '';
}

/** What the compiler says of a module in an app that has the client installed; empty where it is content. */
function check(folder: string, code: string): string {
  writeFileSync(join(folder, 'app.ts'), code);
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext'];
  const where = ['--moduleResolution', 'bundler', '--lib', 'es2022,dom'];
  try {
    execFileSync(process.execPath, [TSC, ...options, ...where, 'app.ts'], { cwd: folder });
    return '';
  } catch (error) {
    return String((error as { stdout?: Buffer }).stdout);
  }
}

test('the packed client installs, and what the README shows passes the strict compiler', () => {
  test.setTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-client-'));
  try {
    const npm = (...words: string[]) =>
      execFileSync('npm', words, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    const packed = npm('pack', '--silent', dirname(CLIENT)).trim();
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    npm('install', '--offline', '--no-audit', '--no-fund', `./${packed}`);
    expect(example()).toContain('detect()');
    const app = `${example()}\ndeclare function showConnected(allowed: boolean): void;\n`;
    expect(check(folder, app)).toBe('');
    // The types are there, and not `any`: the same with a word that no event brings is refused.
    expect(check(folder, app.replace('{ allowed }', '{ permitted: allowed }'))).toContain(
      "Property 'permitted' does not exist",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
