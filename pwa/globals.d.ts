/** Set by vite.config.ts: the version in package.json, and a hash of the sources it was built from. */
declare const __GATEHOUSE_VERSION__: string;
declare const __GATEHOUSE_BUILD__: string;
/** Of the library that draws diagrams. */
declare const __MERMAID_VERSION__: string;
