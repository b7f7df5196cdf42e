/**
 * npm run bench: figures of the built project beside their aims: the router in Node, then the way
 * through the extension in Chromium. `--node` stops after Node; `--write` puts the table into
 * README.md, between its `bench` comments.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ensureChromium } from './chromium.mjs';
import { build, CACHE, ensureInstalled, ROOT, run, start } from './project.mjs';

const FILE = join(CACHE, 'bench.jsonl');

/** @typedef {{ what: string, value: number, unit: string, aim?: number, how?: string }} Figure */

/** @param {number} value */
function toText(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {Figure[]} figures */
function toTable(figures) {
  const rows = figures.map(({ what, value, unit, aim, how = '' }) => [
    what,
    `${toText(value)} ${unit}`,
    aim === undefined ? '' : `${aim} ${unit}`,
    how,
  ]);
  const all = [['what', 'measured', 'aim: at most', 'how'], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(all[0] ?? []), rule, ...rows.map(line)].join('\n');
}

/** @param {string} table */
function writeReadme(table) {
  const file = join(ROOT, 'README.md');
  const text = readFileSync(file, 'utf8');
  const place = /<!-- bench -->[\s\S]*<!-- \/bench -->/;
  if (!place.test(text)) throw new Error('README.md has no <!-- bench --> … <!-- /bench -->.');
  writeFileSync(
    file,
    text.replace(place, () => `<!-- bench -->\n\n${table}\n\n<!-- /bench -->`),
  );
}

/**
 * The router alone, bundled as it is for the browser and run by Node.
 * @returns {Promise<Figure[]>}
 */
async function measureNode() {
  const { build: bundle } = await import('vite');
  const outDir = join(CACHE, 'bench');
  await bundle({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    define: { __GATEHOUSE_VERSION__: '"0"', __GATEHOUSE_BUILD__: '"bench"' },
    ssr: { noExternal: true },
    build: {
      ssr: 'core/bench/main.bench.ts',
      outDir,
      target: 'esnext',
      copyPublicDir: false,
      rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
    },
  });
  const file = join(outDir, 'main.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

await start(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      write: { type: 'boolean', default: false },
      node: { type: 'boolean', default: false },
    },
  });
  await ensureInstalled();
  mkdirSync(CACHE, { recursive: true });
  const inNode = await measureNode();
  console.log(toTable(inNode));
  if (values.node) return;
  const chromium = ensureChromium();
  if (!chromium)
    throw new Error('No Chromium was found and none could be installed. Set CHROMIUM_PATH.');
  await build('pwa', 'extension');
  rmSync(FILE, { force: true });
  const code = await run(
    'playwright',
    ['test', '--config', 'e2e/bench/playwright.config.ts', ...positionals],
    {
      GATEHOUSE_BENCH_FILE: FILE,
      CHROMIUM_PATH: chromium,
    },
  );
  /** @type {Figure[]} */
  const inBrowser = readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  const figures = [...inBrowser, ...inNode];
  const date = new Date().toISOString().slice(0, 10);
  const table = `${toTable(figures)}\n\nMeasured ${date}, Node ${process.version}, ${cpus().length} cores.`;
  console.log(`\n${table}`);
  if (values.write) writeReadme(table);
  process.exitCode = code;
});
