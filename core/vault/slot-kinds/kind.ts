import type { SlotRecord } from '../../storage/records.ts';

/** What a slot stores of its own, and the key that it stands for. */
export interface SlotKey {
  readonly slotKey: CryptoKey;
  readonly fields: Pick<SlotRecord, 'parameters' | 'salt' | 'key'>;
}

/** A way to open the vault. `Proof` is what the person or the device brings. */
export interface SlotKind<Proof> {
  create(proof: Proof): Promise<SlotKey>;
  /**
   * The slot's key. Any proof gives some key; only the right one unwraps the vault key. Rejects where
   * the stored parameters are out of bounds, before they are run.
   */
  open(slot: SlotRecord, proof: Proof): Promise<CryptoKey>;
  /** Made with parameters that are weaker than today's: to be made anew when it is next opened. */
  isOutdated?(slot: SlotRecord): boolean;
}
