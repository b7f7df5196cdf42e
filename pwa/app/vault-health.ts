/** Loaded when the page has nothing else to do: nobody waits for it. */
export { readVaultHealth } from '../../core/index.ts';
