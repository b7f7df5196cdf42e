import { fileURLToPath } from 'node:url';
import { crx } from '@crxjs/vite-plugin';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type UserConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import manifest from './manifest.json' with { type: 'json' };
import packageJson from './package.json' with { type: 'json' };

/** Where builds go; a test run of its own may build beside the usual place. */
const dist = process.env.GATEHOUSE_DIST ?? fileURLToPath(new URL('dist', import.meta.url));
const define = { __GATEHOUSE_VERSION__: JSON.stringify(packageJson.version) };
const target = 'chrome148';

function extension(): UserConfig {
  return {
    define,
    plugins: [svelte(), crx({ manifest: { ...manifest, version: packageJson.version } as never })],
    build: { outDir: `${dist}/extension`, emptyOutDir: true, target },
  };
}

function pwa(): UserConfig {
  return {
    define,
    root: fileURLToPath(new URL('pwa', import.meta.url)),
    plugins: [
      svelte(),
      VitePWA({
        strategies: 'injectManifest',
        srcDir: '.',
        filename: 'service-worker.ts',
        injectRegister: false,
        manifest: false,
        injectManifest: { rollupFormat: 'es', minify: true, target },
        devOptions: { enabled: true, type: 'module' },
      }),
    ],
    build: { outDir: `${dist}/pwa`, emptyOutDir: true, target },
  };
}

export default defineConfig(({ mode }) => (mode === 'extension' ? extension() : pwa()));
