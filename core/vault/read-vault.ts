import { RouterError } from '../errors.ts';
import type { GatehouseDatabase } from '../storage/database.ts';
import { checkRecord } from '../storage/read.ts';
import type { SlotRecord, VaultHeader } from '../storage/records.ts';

export interface StoredVault {
  header: VaultHeader;
  slots: SlotRecord[];
}

/** Header and slots of one moment; undefined where no vault was made yet. Throws where it is damaged. */
export async function readVault(database: GatehouseDatabase): Promise<StoredVault | undefined> {
  const transaction = database.transaction(['vault', 'slots']);
  const [value, values] = await Promise.all([
    transaction.objectStore('vault').get('vault'),
    transaction.objectStore('slots').getAll(),
  ]);
  if (value === undefined) return undefined;
  const header = checkRecord('vault', value);
  if ('reason' in header) throw damaged(header.reason);
  const slots = values.flatMap((slot) => {
    const checked = checkRecord('slots', slot);
    return 'record' in checked ? [checked.record] : [];
  });
  if (slots.length === 0) throw damaged('there is no slot');
  return { header: header.record, slots };
}

export function damaged(cause: unknown): RouterError {
  return new RouterError(
    'no_provider_key',
    'The key store of Gatehouse is damaged and does not open. Import a backup, or enter the keys again under Keys.',
    { cause },
  );
}
