import { argon2id } from 'hash-wasm';
import type { SlotRecord } from '../../storage/records.ts';
import { ARGON2ID, type Argon2Parameters } from '../algorithms.ts';
import { deriveSlotKey, type Bytes } from '../crypto.ts';
import type { SlotKey, SlotKind } from './kind.ts';

/** For pages only: it takes half a second and 64 MiB, which a service worker should not spend. */
export const password: SlotKind<string> = {
  create: (text) => stretchPassword(text, ARGON2ID.now),
  async open(slot, text) {
    return stretch(text, toSalt(slot), toParameters(slot));
  },
  isOutdated(slot) {
    const { memory, iterations } = toParameters(slot);
    return memory < ARGON2ID.now.memory || iterations < ARGON2ID.now.iterations;
  },
};

export async function stretchPassword(
  text: string,
  parameters: Argon2Parameters,
): Promise<SlotKey> {
  const salt = crypto.getRandomValues(new Uint8Array(ARGON2ID.saltBytes));
  return {
    slotKey: await stretch(text, salt, parameters),
    fields: { parameters: { kdf: 'argon2id', ...parameters }, salt },
  };
}

/** The stored parameters, where they are within bounds: a changed database must not choose them. */
export function toParameters({ parameters }: Pick<SlotRecord, 'parameters'>): Argon2Parameters {
  const { kdf, ...rest } = parameters;
  const names = ['memory', 'iterations', 'parallelism'] as const;
  const isKnown =
    kdf === 'argon2id' && Object.keys(rest).sort().join() === [...names].sort().join();
  const isWithin = names.every((name) => {
    const value = rest[name];
    return (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= ARGON2ID.least[name] &&
      value <= ARGON2ID.most[name]
    );
  });
  if (!isKnown || !isWithin) throw new Error('The parameters of this slot are out of bounds.');
  return rest as unknown as Argon2Parameters;
}

function toSalt({ salt }: SlotRecord): Bytes {
  if (salt?.length !== ARGON2ID.saltBytes)
    throw new Error('The salt of this slot is out of bounds.');
  return salt as Bytes;
}

async function stretch(
  text: string,
  salt: Bytes,
  { memory, iterations, parallelism }: Argon2Parameters,
): Promise<CryptoKey> {
  const stretched = (await argon2id({
    // Two keyboards may write the same letter in two ways.
    password: text.normalize('NFKC'),
    salt,
    memorySize: memory,
    iterations,
    parallelism,
    hashLength: ARGON2ID.keyBytes,
    outputType: 'binary',
  })) as Bytes;
  try {
    return await deriveSlotKey(stretched, salt, 'password');
  } finally {
    stretched.fill(0);
  }
}
