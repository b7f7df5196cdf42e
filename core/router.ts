import type { Control } from './control.ts';
import type { Caller, Ports } from './ports.ts';

/** The virtual origin: its TLD is reserved and never resolves (RFC 6761). */
export const VIRTUAL_ORIGIN = 'https://gatehouse.invalid';

/** What the host knows of one call. */
export interface Call {
  /** Minted by the host; unique over all callers. Good as `x-request-id`. */
  readonly id: string;
  /**
   * Await it before each upstream fetch: from then on the call may have been sent, so that after the
   * worker's death it is not sent again. Rejects where that can't be written down: send nothing then.
   */
  dispatched(): Promise<void>;
}

export interface Router {
  /**
   * Answers one call. Never rejects: an error is a Response in the caller's own format. `call` is
   * absent where nothing is ever sent again (our own pages' `fetch` events).
   */
  handle(request: Request, caller: Caller, call?: Call): Promise<Response>;
  /** What our own screens ask for. */
  readonly control: Control;
}

/** START READING HERE: Request + caller -> Response. */
export function createRouter(_ports: Ports): Router {
  throw new Error('not built yet');
}
