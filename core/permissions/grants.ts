import type { Caller, Ports, Scope } from '../ports.ts';
import type { SiteRecord } from '../storage/records.ts';

export interface PermissionRequest {
  readonly caller: Caller;
  readonly scope: Scope;
  readonly model?: string;
  /** Display name of the provider that the call would go to. */
  readonly provider?: string;
  /** The call's own signal: aborts the wait. */
  readonly signal: AbortSignal;
}

/** What the call may do. First-party calls may do everything. */
export interface Grant {
  readonly models: readonly string[];
  readonly site?: SiteRecord;
  /** Fires with a RouterError when the grant is revoked; the call must stop. */
  readonly revoked?: AbortSignal;
}

export interface Permissions {
  /**
   * Waits for the person where they must be asked. Throws `origin_not_authorized`, `user_rejected`,
   * `scope_denied`, `consent_pending`, `origin_blocked`.
   */
  check(request: PermissionRequest): Promise<Grant>;
  /** The stored or session grant, without asking. */
  find(origin: string, topOrigin: string): Promise<SiteRecord | undefined>;
  list(): Promise<(SiteRecord & { session?: boolean })[]>;
  save(site: SiteRecord): Promise<void>;
  /** Forgets the grant and aborts what runs under it. */
  revoke(origin: string, topOrigin?: string): Promise<void>;
}

export function createPermissions(_ports: Ports): Permissions {
  throw new Error('not built yet');
}
