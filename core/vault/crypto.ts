/**
 * The vault's cryptography, without state: WebCrypto only. The scheme stands in the shared design,
 * security.md, under "Crypto". Every function here fails by rejecting; none says which bit was wrong.
 */
import type { Destination, Sealed, SlotRecord, VaultHeader } from '../storage/records.ts';
import { RECORD_ALGORITHMS, VAULT_KEY_BYTES } from './algorithms.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/**
 * The number of fields, then each with its length before it (32 bits, big-endian): two different
 * lists never come out as the same bytes.
 */
export function encodeFields(fields: readonly (string | Uint8Array)[]): Bytes {
  const parts = fields.map((field) => (typeof field === 'string' ? encoder.encode(field) : field));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 4));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, parts.length);
  let at = 4;
  for (const part of parts) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

/** What a sealed record is bound to: this vault, this record, and the one place it may be sent. */
export function encodeRecordBinding(
  header: Pick<VaultHeader, 'vaultId'>,
  sealed: Pick<Sealed, 'v' | 'epoch' | 'id'>,
  destination: Destination,
): Bytes {
  return encodeFields([
    String(sealed.v),
    header.vaultId,
    String(sealed.epoch),
    sealed.id,
    destination.providerId,
    destination.origin,
    destination.pathPrefix,
    destination.authScheme,
  ]);
}

/** What a wrapped vault key is bound to: the whole header and all of its slot but the device's key. */
export function encodeSlotBinding(header: VaultHeader, slot: Omit<SlotRecord, 'wrapped'>): Bytes {
  const parameters = Object.entries(slot.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return encodeFields([
    'gatehouse slot',
    String(header.v),
    header.vaultId,
    String(header.epoch),
    String(header.createdAt),
    slot.id,
    slot.kind,
    String(slot.createdAt),
    slot.label === undefined ? 'no label' : `label ${slot.label}`,
    encodeFields(parameters.flatMap(([name, value]) => [name, typeof value, String(value)])),
    slot.salt === undefined ? 'no salt' : encodeFields([slot.salt]),
  ]);
}

/** 32 random bytes. The caller zeroes them. */
export function createVaultKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(VAULT_KEY_BYTES));
}

/** A key of AES-256-GCM that no script can read out. It wraps and unwraps vault keys only. */
export function createDeviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** The vault key as WebCrypto holds it: it derives record keys, and can't be read out. */
export function importVaultKey(vaultKey: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', vaultKey, 'HKDF', false, ['deriveKey']);
}

/** The key of a slot, from 256 bits that only its owner can bring. The salt is the slot's own. */
export async function deriveSlotKey(
  material: Bytes,
  salt: Bytes,
  purpose: string,
): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveKey']);
  const info = encoder.encode(`gatehouse slot ${purpose}`);
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt, info },
    key,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

export async function wrapVaultKey(
  vaultKey: Bytes,
  slotKey: CryptoKey,
  iv: Bytes,
  binding: Bytes,
): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt(gcm(iv, binding), slotKey, vaultKey));
}

/** The vault key itself. The caller zeroes it. */
export async function unwrapVaultKey(
  wrapped: Uint8Array,
  slotKey: CryptoKey,
  iv: Uint8Array,
  binding: Bytes,
): Promise<Bytes> {
  const vaultKey = new Uint8Array(
    await crypto.subtle.decrypt(gcm(iv, binding), slotKey, wrapped as Bytes),
  );
  if (vaultKey.length !== VAULT_KEY_BYTES) throw new Error('The vault key has a wrong length.');
  return vaultKey;
}

export async function sealRecord(
  vaultKey: CryptoKey,
  header: VaultHeader,
  id: string,
  destination: Destination,
  secret: string,
): Promise<Sealed> {
  const { alg, ivBytes } = RECORD_ALGORITHMS[1];
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const envelope = { v: 1, alg, epoch: header.epoch, id, iv } as const;
  const key = await deriveRecordKey(vaultKey, envelope, 'encrypt');
  const plain = encoder.encode(secret);
  try {
    const binding = encodeRecordBinding(header, envelope, destination);
    const ct = new Uint8Array(await crypto.subtle.encrypt(gcm(iv, binding), key, plain));
    return { ...envelope, ct };
  } finally {
    plain.fill(0);
  }
}

/** The secret. Rejects where any bit of the envelope, the header or the destination differs. */
export async function openRecord(
  vaultKey: CryptoKey,
  header: VaultHeader,
  sealed: Sealed,
  destination: Destination,
): Promise<string> {
  const { alg, ivBytes } = RECORD_ALGORITHMS[sealed.v];
  if (sealed.alg !== alg || sealed.iv.length !== ivBytes || sealed.epoch !== header.epoch)
    throw new Error('This envelope is not of this vault.');
  const key = await deriveRecordKey(vaultKey, sealed, 'decrypt');
  const binding = encodeRecordBinding(header, sealed, destination);
  const plain = new Uint8Array(
    await crypto.subtle.decrypt(gcm(sealed.iv, binding), key, sealed.ct as Bytes),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
  } finally {
    plain.fill(0);
  }
}

/** A key of one record and one epoch, so that no key meets many initialisation vectors. */
function deriveRecordKey(
  vaultKey: CryptoKey,
  { v, epoch, id }: Pick<Sealed, 'v' | 'epoch' | 'id'>,
  usage: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: encoder.encode(id),
      info: encoder.encode(`${v}|${epoch}`),
    },
    vaultKey,
    { name: 'AES-GCM', length: 256 },
    false,
    [usage],
  );
}

function gcm(iv: Uint8Array, additionalData: Bytes): AesGcmParams {
  return {
    name: 'AES-GCM',
    iv: iv as Bytes,
    additionalData,
    tagLength: RECORD_ALGORITHMS[1].tagBits,
  };
}
