/** All that the vault must know of an algorithm, in one row. A row that is out never changes. */

export interface RecordAlgorithm {
  readonly alg: 'A256GCM';
  readonly ivBytes: number;
  readonly tagBits: number;
}

/** By the envelope's `v`. */
export const RECORD_ALGORITHMS: Readonly<Record<1, RecordAlgorithm>> = Object.freeze({
  1: Object.freeze({ alg: 'A256GCM', ivBytes: 12, tagBits: 128 }),
});

export const VAULT_KEY_BYTES = 32;
