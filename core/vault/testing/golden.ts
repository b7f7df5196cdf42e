/** Vaults as files: what a version of Gatehouse once stored, bytes and all, with what opens it. */
import type { GatehouseDatabase } from '../../storage/database.ts';
import type { KeyRecord, SlotRecord, VaultHeader } from '../../storage/records.ts';
import type { Bytes } from '../crypto.ts';

export interface GoldenVault {
  /** What made it, in words. */
  about: string;
  password: string;
  recoveryCode: string;
  passkey: { credentialId: string; salt: Bytes; output: Bytes };
  header: VaultHeader;
  slots: SlotRecord[];
  keys: KeyRecord[];
  /** The secret of each key, by its id. */
  secrets: Record<string, string>;
}

const BYTES = 'base64:';

export const encodeGolden = (vault: GoldenVault): string =>
  `${JSON.stringify(
    vault,
    (_name, value: unknown) =>
      value instanceof Uint8Array ? BYTES + btoa(String.fromCharCode(...value)) : value,
    2,
  )}\n`;

export const decodeGolden = (text: string): GoldenVault =>
  JSON.parse(text, (_name, value: unknown) =>
    typeof value === 'string' && value.startsWith(BYTES)
      ? Uint8Array.from(atob(value.slice(BYTES.length)), (letter) => letter.charCodeAt(0))
      : value,
  ) as GoldenVault;

/** Puts it where Gatehouse looks, as it was. */
export async function putGolden(database: GatehouseDatabase, vault: GoldenVault): Promise<void> {
  const transaction = database.transaction(['vault', 'slots', 'keys'], 'readwrite');
  await Promise.all([
    transaction.objectStore('vault').put(vault.header),
    ...vault.slots.map((slot) => transaction.objectStore('slots').put(slot)),
    ...vault.keys.map((key) => transaction.objectStore('keys').put(key)),
    transaction.done,
  ]);
}
