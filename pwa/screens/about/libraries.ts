/** What ships inside Gatehouse. `about.test.ts` holds it to package.json. */
export const LIBRARIES: readonly { readonly name: string; readonly licence: string }[] =
  Object.freeze([
    { name: '@lucide/svelte', licence: 'ISC' },
    { name: '@smithy/eventstream-codec', licence: 'Apache-2.0' },
    { name: 'aws4fetch', licence: 'MIT' },
    { name: 'bits-ui', licence: 'MIT' },
    { name: 'comlink', licence: 'Apache-2.0' },
    { name: 'eventsource-parser', licence: 'MIT' },
    { name: 'hash-wasm', licence: 'MIT' },
    { name: 'highlight.js', licence: 'BSD-3-Clause' },
    { name: 'idb', licence: 'ISC' },
    { name: 'jose', licence: 'MIT' },
    { name: 'lowlight', licence: 'MIT' },
    { name: 'marked', licence: 'MIT' },
    { name: 'psl', licence: 'MIT' },
    { name: 'svelte', licence: 'MIT' },
    { name: 'virtua', licence: 'MIT' },
    { name: 'workbox-precaching', licence: 'MIT' },
    { name: 'workbox-window', licence: 'MIT' },
    { name: 'zod', licence: 'MIT' },
  ]);
