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

export interface Argon2Parameters {
  /** KiB */
  readonly memory: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** What a password is stretched with, and the bounds outside which stored parameters are not run. */
export const ARGON2ID = Object.freeze({
  /** 0.5 s on two cores of 2026. */
  now: Object.freeze({ memory: 65_536, iterations: 3, parallelism: 1 }) as Argon2Parameters,
  least: Object.freeze({ memory: 19_456, iterations: 2, parallelism: 1 }) as Argon2Parameters,
  most: Object.freeze({ memory: 262_144, iterations: 10, parallelism: 4 }) as Argon2Parameters,
  saltBytes: 16,
  keyBytes: 32,
});

/** 128 bits: beyond guessing, so it needs no stretching. */
export const RECOVERY_CODE_BYTES = 16;
