import { z } from '../zod.ts';
import { keyRecord, slotRecord, vaultHeader } from '../storage/records.ts';
import type { StoreName, WriteTransaction } from '../storage/transaction.ts';

/** A second copy of the vault, as sealed as the first. It holds nothing that the first does not. */
const vaultBackup = z.strictObject({
  v: z.literal(1),
  savedAt: z.number(),
  header: vaultHeader,
  slots: z.array(slotRecord).check(z.minLength(1)),
  keys: z.array(keyRecord),
});
export type VaultBackup = z.infer<typeof vaultBackup>;

export const BACKUP_KEY = 'vault backup';

/** The stores that a change of the vault locks, so that the copy is of the same moment. */
export const VAULT_STORES = ['vault', 'slots', 'keys', 'state'] as const satisfies StoreName[];
type VaultStore = (typeof VAULT_STORES)[number];

/**
 * Copies the vault inside the transaction that changed it: the copy is never older, and a deleted key
 * is gone from it too.
 */
export async function saveBackup<Names extends StoreName>(
  transaction: [VaultStore] extends [Names] ? WriteTransaction<Names> : never,
  savedAt: number,
): Promise<void> {
  const stores = transaction as unknown as WriteTransaction<VaultStore>;
  const [header, slots, keys] = await Promise.all([
    stores.objectStore('vault').get('vault'),
    stores.objectStore('slots').getAll(),
    stores.objectStore('keys').getAll(),
  ]);
  if (header === undefined) return;
  await stores.objectStore('state').put({ v: 1, savedAt, header, slots, keys }, BACKUP_KEY);
}

/** The copy, where there is one that fits. */
export function toBackup(stored: unknown): VaultBackup | undefined {
  return vaultBackup.safeParse(stored).data;
}
