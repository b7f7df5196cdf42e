import type { Ports } from '../ports.ts';
import type { Destination, KeyRecord, Sealed } from '../storage/records.ts';

/** The encrypted credentials. A secret is opened at dispatch only, and never kept. */
export interface Vault {
  /** True while no slot has been opened since the lock; a vault with a device slot opens itself. */
  isLocked(): Promise<boolean>;
  /** Seals a secret for one record and one destination. Makes the vault on first use. */
  seal(secret: string, recordId: string, destination: Destination): Promise<Sealed>;
  /**
   * Opens a sealed secret for the destination that it is about to be sent to. Throws `vault_locked`,
   * or `no_provider_key` where the record was sealed for another destination or was changed.
   */
  open(record: KeyRecord, destination: Destination): Promise<string>;
}

export function createVault(_ports: Ports): Vault {
  throw new Error('not built yet');
}
