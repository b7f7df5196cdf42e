import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const SDKS = ['openai', 'anthropic', 'google', 'langchain', 'ai', 'axios'] as const;
export type Sdk = (typeof SDKS)[number];

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const outDir = root('node_modules/.cache/gatehouse/sdk');

/** The built script of an SDK: `globalThis` gets it. */
export const sdkFile = (sdk: Sdk): string => `${outDir}/${sdk}.js`;

/** Bundles the pinned SDKs, where that is not done yet for this lock file. */
export async function bundleSdks(): Promise<void> {
  for (const sdk of SDKS) {
    const entry = root(`e2e/sites/sdk/${sdk}.ts`);
    const made = existsSync(sdkFile(sdk)) ? statSync(sdkFile(sdk)).mtimeMs : 0;
    const changed = [entry, root('package-lock.json')].map((file) => statSync(file).mtimeMs);
    if (made > Math.max(...changed)) continue;
    await build({
      configFile: false,
      logLevel: 'error',
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        outDir,
        emptyOutDir: false,
        target: 'chrome148',
        lib: { entry, formats: ['iife'], name: `sdk_${sdk}`, fileName: () => `${sdk}.js` },
      },
    });
  }
}
