import type { Control } from './control.ts';
import type { Caller, Ports } from './ports.ts';

/** The virtual origin: its TLD is reserved and never resolves (RFC 6761). */
export const VIRTUAL_ORIGIN = 'https://gatehouse.invalid';

export interface Router {
  /** Answers one call. Never rejects: an error is a Response in the caller's own format. */
  handle(request: Request, caller: Caller): Promise<Response>;
  /** What our own screens ask for. */
  readonly control: Control;
}

/** START READING HERE: Request + caller -> Response. */
export function createRouter(_ports: Ports): Router {
  throw new Error('not built yet');
}
