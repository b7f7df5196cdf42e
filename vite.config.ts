import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crx } from '@crxjs/vite-plugin';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build as buildWithVite, defineConfig, type Plugin, type UserConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import manifest from './manifest.json' with { type: 'json' };
import packageJson from './package.json' with { type: 'json' };

/** Where builds go; a test run of its own may build beside the usual place. */
const dist = process.env.GATEHOUSE_DIST ?? fileURLToPath(new URL('dist', import.meta.url));
const build = sourceHash(fileURLToPath(new URL('.', import.meta.url)));
const define = {
  __GATEHOUSE_VERSION__: JSON.stringify(packageJson.version),
  __GATEHOUSE_BUILD__: JSON.stringify(build),
  __MERMAID_VERSION__: JSON.stringify(packageJson.dependencies.mermaid),
};
const target = 'chrome148';

/** Writes `version.json`, which a page that is open for long compares with the build it came from. */
function versionFile(content: { version: string; build: string }): Plugin {
  return {
    name: 'gatehouse-version-file',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'version.json', source: JSON.stringify(content) });
    },
  };
}

/** Vite's own hot reload puts styles into the page and connects; what is built keeps the strict policy. */
function developmentPolicy(): Plugin {
  return {
    name: 'gatehouse-development-policy',
    apply: 'serve',
    transformIndexHtml: (html) =>
      html
        .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
        .replace("connect-src 'none'", "connect-src 'self'"),
  };
}

/** The same for the same sources, on any machine. */
function sourceHash(root: string): string {
  const hash = createHash('sha256');
  const files = ['core', 'pwa']
    .flatMap((folder) =>
      readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
        .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    )
    .concat('package-lock.json')
    .sort();
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 12);
}

/**
 * The service worker as one classic script. As a module in chunks, which is what crxjs makes of it, it
 * starts in nearly twice the time: each import is one more load before the first line runs.
 */
function backgroundScript(): Plugin {
  const fileName = 'background.js';
  const outDir = `${dist}/extension`;
  return {
    name: 'gatehouse-background',
    apply: 'build',
    async closeBundle() {
      await buildWithVite({
        configFile: false,
        logLevel: 'warn',
        define,
        build: {
          outDir,
          emptyOutDir: false,
          target,
          lib: {
            entry: fileURLToPath(new URL(manifest.background.service_worker, import.meta.url)),
            formats: ['iife'],
            name: 'gatehouseBackground',
            fileName: () => fileName,
          },
        },
      });
      const file = `${outDir}/manifest.json`;
      const built = JSON.parse(readFileSync(file, 'utf8')) as object;
      const background = { service_worker: fileName };
      writeFileSync(
        file,
        JSON.stringify({ ...built, background, sandbox: manifest.sandbox }, null, 2),
      );
    },
  };
}

/**
 * The frame that draws diagrams: a page of its own, outside of every chunk, because its scripts run
 * where there is no origin and so no module. Mermaid is taken as it is published, whole.
 */
function diagramFrame(page: string, scripts: readonly string[]): Plugin {
  const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  return {
    name: 'gatehouse-diagram-frame',
    apply: 'build',
    async generateBundle() {
      const emit = (name: string, source: string | Uint8Array) =>
        this.emitFile({ type: 'asset', fileName: `diagram/${name}`, source });
      emit('frame.html', readFileSync(local(page)));
      emit('mermaid.js', readFileSync(local('node_modules/mermaid/dist/mermaid.min.js')));
      if (scripts.includes('frame'))
        emit('frame.css', readFileSync(local('pwa/diagram/frame.css')));
      for (const name of scripts) {
        const built = await buildWithVite({
          configFile: false,
          logLevel: 'warn',
          define,
          build: {
            write: false,
            target,
            lib: { entry: local(`pwa/diagram/${name}.ts`), formats: ['iife'], name: 'diagram' },
          },
        });
        const [output] = [built].flat();
        if (!output || !('output' in output)) throw new Error(`${name}.ts was not built`);
        emit(`${name}.js`, output.output[0].code);
      }
    },
  };
}

function extension(command: 'build' | 'serve'): UserConfig {
  // What crxjs does not see it does not change: a script, and a page outside of its chunks.
  const shown = Object.entries({ ...manifest, version: packageJson.version }).filter(
    ([name]) => name !== 'sandbox' && (name !== 'background' || command === 'serve'),
  );
  return {
    define,
    plugins: [
      svelte(),
      crx({ manifest: Object.fromEntries(shown) as never }),
      diagramFrame('extension/diagram/frame.html', ['draw']),
      backgroundScript(),
    ],
    build: {
      outDir: `${dist}/extension`,
      emptyOutDir: true,
      target,
      // The consent page stands in no field of the manifest.
      rolldownOptions: { input: { consent: 'extension/consent/index.html' } },
    },
  };
}

function pwa(): UserConfig {
  return {
    define,
    root: fileURLToPath(new URL('pwa', import.meta.url)),
    // Relative, so that any static host can serve it from any folder.
    base: './',
    plugins: [
      svelte(),
      developmentPolicy(),
      versionFile({ version: packageJson.version, build }),
      diagramFrame('pwa/diagram/frame.html', ['draw', 'frame']),
      VitePWA({
        strategies: 'injectManifest',
        srcDir: '.',
        filename: 'service-worker.ts',
        injectRegister: false,
        manifest: false,
        injectManifest: {
          rollupFormat: 'es',
          minify: true,
          target,
          globPatterns: ['**/*.{html,js,css,svg,png,webmanifest,woff2}'],
          // A megabyte for the few who draw diagrams: the worker keeps it when it was fetched once.
          globIgnores: ['diagram/mermaid.js'],
          // A file that is named by its hash needs no revision, and is not fetched again.
          dontCacheBustURLsMatching: /^assets\//,
        },
        devOptions: { enabled: true, type: 'module' },
      }),
    ],
    build: { outDir: `${dist}/pwa`, emptyOutDir: true, target },
  };
}

/** The web site that `npm start` shows: any static page with the `openai` package. */
function sample(): UserConfig {
  return {
    root: fileURLToPath(new URL('e2e/sites/sample', import.meta.url)),
    base: './',
    plugins: [developmentPolicy()],
    build: { outDir: `${dist}/sample`, emptyOutDir: true, target },
  };
}

/** What makes a folder with the client a package that `npm install` takes: its manifest and its types. */
function clientPackage(folder: string): Plugin {
  return {
    name: 'gatehouse-client-package',
    apply: 'build',
    async generateBundle() {
      // Only this build needs the compiler.
      const { default: ts } = await import('typescript');
      const { outputText, diagnostics = [] } = ts.transpileDeclaration(
        readFileSync(join(folder, 'index.ts'), 'utf8'),
        { fileName: 'index.ts', reportDiagnostics: true },
      );
      for (const { messageText } of diagnostics)
        this.error(ts.flattenDiagnosticMessageText(messageText, '\n'));
      this.emitFile({ type: 'asset', fileName: 'index.d.ts', source: outputText });
      const source = readFileSync(join(folder, 'package.json'));
      this.emitFile({ type: 'asset', fileName: 'package.json', source });
    },
  };
}

/** `@gatehouse/client`, for web apps: one small module. */
function client(): UserConfig {
  const folder = fileURLToPath(new URL('extension/client', import.meta.url));
  return {
    plugins: [clientPackage(folder)],
    build: {
      outDir: `${dist}/client`,
      emptyOutDir: true,
      target: 'es2022',
      lib: {
        entry: join(folder, 'index.ts'),
        formats: ['es'],
        fileName: () => 'index.js',
      },
      // A library's own module is left as it is written otherwise.
      minify: 'oxc',
    },
  };
}

const TARGETS: Record<string, (command: 'build' | 'serve') => UserConfig> = {
  extension,
  pwa,
  sample,
  client,
};

export default defineConfig(({ mode, command }) => (TARGETS[mode] ?? pwa)(command));
