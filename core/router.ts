import type { Control } from './control.ts';
import type { Handle } from './handle.ts';
import type { Ports } from './ports.ts';

export { VIRTUAL_ORIGIN, type Handle } from './handle.ts';
export type { HostCall as Call } from './ports.ts';

export interface Router {
  readonly handle: Handle;
  /** What our own screens ask for. */
  readonly control: Control;
}

export function createRouter(_ports: Ports): Router {
  throw new Error('not built yet');
}
