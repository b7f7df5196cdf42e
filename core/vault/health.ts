import type { GatehouseDatabase } from '../storage/database.ts';
import { checkRecord } from '../storage/read.ts';
import type { KeyRecord, SlotRecord, VaultHeader } from '../storage/records.ts';
import { BACKUP_KEY, toBackup, VAULT_STORES } from './backup.ts';
import { toCanonical } from './bundle-plan.ts';
import { toView, type SlotView } from './slot-view.ts';

export interface VaultHealth {
  /** `none`: nothing was saved yet. `damaged`: the vault and its second copy differ. */
  state: 'none' | 'whole' | 'damaged';
  /** The second copy, where it can be read. */
  copy?: { savedAt: number; slots: SlotView[]; keys: number };
  /** The vault itself, where it is damaged and can yet be read, but for what is sealed in it. */
  vault?: { slots: SlotView[] };
}

/**
 * Compares the vault with its second copy, which every change of the vault writes in the same
 * transaction: where they differ, one of them was damaged. Opens nothing, so it needs no person.
 */
export async function readVaultHealth(database: GatehouseDatabase): Promise<VaultHealth> {
  const transaction = database.transaction(VAULT_STORES);
  const [header, slots, keys, stored] = await Promise.all([
    transaction.objectStore('vault').get('vault'),
    transaction.objectStore('slots').getAll(),
    transaction.objectStore('keys').getAll(),
    transaction.objectStore('state').get(BACKUP_KEY),
  ]);
  if (header === undefined && slots.length === 0 && keys.length === 0 && stored === undefined)
    return { state: 'none' };
  const copy = toBackup(stored);
  const isReadable =
    'record' in checkRecord('vault', header) &&
    slots.length > 0 &&
    slots.every((slot) => 'record' in checkRecord('slots', slot));
  const isSame =
    copy !== undefined &&
    toCanonical(toComparable(copy)) === toCanonical(toComparable({ header, slots, keys }));
  // A vault of before the second copy gets one with its next change.
  const isWhole = isReadable && (isSame || stored === undefined);
  return {
    state: isWhole ? 'whole' : 'damaged',
    ...(isReadable && !isWhole && { vault: { slots: slots.map(toView) } }),
    ...(copy && {
      copy: { savedAt: copy.savedAt, slots: copy.slots.map(toView), keys: copy.keys.length },
    }),
  };
}

interface Contents {
  header: VaultHeader | undefined;
  slots: readonly SlotRecord[];
  keys: readonly KeyRecord[];
}

/** What both must have alike: labels and checks of keys are changed without the copy. */
function toComparable({ header, slots, keys }: Contents): unknown {
  return [
    header,
    // A device's key can't be read out; its wrapped vault key tells it from another.
    slots.map((slot) => ({ ...slot, key: slot.key !== undefined })),
    keys.map(({ id, destination, sealed }) => ({ id, destination, sealed })),
  ];
}
