import type { Ports } from '../ports.ts';
import type { SlotRecord, VaultHeader } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';
import { saveBackup } from './backup.ts';
import { createVaultKey } from './crypto.ts';
import { damaged } from './read-vault.ts';
import type { SlotKey } from './slot-kinds/kind.ts';
import { wrapSlot } from './slots.ts';

/**
 * Makes the vault with its first slot, where there is none; false where there is one. Two contexts may
 * do this at once. Keys can't be made inside a transaction, so each makes a vault of its own, and the
 * transaction lets the first one stand.
 */
export async function makeVault(
  { openDatabase, now, randomId }: Pick<Ports, 'openDatabase' | 'now' | 'randomId'>,
  slotKey: SlotKey,
  slot: Pick<SlotRecord, 'kind' | 'label'>,
): Promise<boolean> {
  const header: VaultHeader = {
    id: 'vault',
    v: 1,
    vaultId: randomId(),
    epoch: 1,
    createdAt: now(),
  };
  const vaultKey = createVaultKey();
  let first: SlotRecord;
  try {
    const named = { ...slot, id: randomId(), createdAt: now() };
    first = await wrapSlot(header, vaultKey, slotKey, named);
  } finally {
    vaultKey.fill(0);
  }
  return change(openDatabase, ['vault', 'slots', 'keys', 'state'], async (transaction) => {
    const vault = transaction.objectStore('vault');
    if ((await vault.get('vault')) !== undefined) return false;
    // Keys without their vault: a new one would take the place of the second copy that opens them.
    if ((await transaction.objectStore('keys').count()) > 0) throw damaged('the header is gone');
    await Promise.all([vault.put(header), transaction.objectStore('slots').put(first)]);
    await saveBackup(transaction, now());
    return true;
  });
}
