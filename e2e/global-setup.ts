import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION, PWA } from './gatehouse.ts';
import { build } from 'vite';
import { bundleSdks } from './sites/bundle.ts';

export default async function setup(): Promise<void> {
  for (const folder of [join(EXTENSION, 'manifest.json'), join(PWA, 'index.html')]) {
    if (!existsSync(folder)) throw new Error(`${folder} is missing: run \`npm run build\` first.`);
  }
  await bundleSdks();
  await build({ mode: 'sample', logLevel: 'error' });
}
