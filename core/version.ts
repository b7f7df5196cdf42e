/** Set by the build from package.json. */
declare const __GATEHOUSE_VERSION__: string;

export const VERSION: string = __GATEHOUSE_VERSION__;
