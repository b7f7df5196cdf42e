import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Destination, VaultHeader } from '../storage/records.ts';
import {
  createVaultKey,
  encodeFields,
  importVaultKey,
  openRecord,
  sealRecord,
  type Bytes,
} from './crypto.ts';
import { device } from './slot-kinds/device.ts';
import { unwrapSlot, wrapSlot } from './slots.ts';

const header: VaultHeader = { id: 'vault', v: 1, vaultId: 'v-1', epoch: 3, createdAt: 1000 };
const destination: Destination = {
  providerId: 'groq',
  origin: 'https://api.groq.com',
  pathPrefix: '/openai/v1',
  authScheme: 'bearer',
};
const secret = 'gsk_canary-9fQ2';

const vaultKey = await importVaultKey(new Uint8Array(32).fill(7));
const sealed = await sealRecord(vaultKey, header, 'key-1', destination, secret);

function flipped(bytes: Uint8Array, at: number): Bytes {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
}

describe('a sealed record', () => {
  test('opens to what was sealed', async () => {
    expect(await openRecord(vaultKey, header, sealed, destination)).toBe(secret);
  });

  test('opens to any text that was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.uuid(), async (text, id) => {
        const one = await sealRecord(vaultKey, header, id, destination, text);
        expect(await openRecord(vaultKey, header, one, destination)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  test('holds no trace of the secret, and two seals differ', async () => {
    const again = await sealRecord(vaultKey, header, 'key-1', destination, secret);
    expect(new TextDecoder().decode(sealed.ct)).not.toContain('canary');
    expect(again.ct).not.toEqual(sealed.ct);
  });

  test('is refused with any byte of its ciphertext, tag or vector flipped', async () => {
    for (let at = 0; at < sealed.ct.length; at++)
      await expect(
        openRecord(vaultKey, header, { ...sealed, ct: flipped(sealed.ct, at) }, destination),
      ).rejects.toThrow();
    for (let at = 0; at < sealed.iv.length; at++)
      await expect(
        openRecord(vaultKey, header, { ...sealed, iv: flipped(sealed.iv, at) }, destination),
      ).rejects.toThrow();
  });

  test('is refused when cut short or made longer', async () => {
    for (const ct of [sealed.ct.slice(0, -1), sealed.ct.slice(1), Uint8Array.of(...sealed.ct, 0)])
      await expect(openRecord(vaultKey, header, { ...sealed, ct }, destination)).rejects.toThrow();
  });

  test.each([
    ['provider', { providerId: 'groq2' }],
    ['scheme', { origin: 'http://api.groq.com' }],
    ['host', { origin: 'https://api.groq.com.evil.example' }],
    ['port', { origin: 'https://api.groq.com:8443' }],
    ['path prefix', { pathPrefix: '/openai/v2' }],
    ['auth scheme', { authScheme: 'header:x-api-key' }],
  ])('does not open for another %s', async (_name, change) => {
    await expect(
      openRecord(vaultKey, header, sealed, { ...destination, ...change }),
    ).rejects.toThrow();
  });

  test('does not open as another record, epoch, version, algorithm or vault', async () => {
    const envelopes = [
      { ...sealed, id: 'key-2' },
      { ...sealed, epoch: 4 },
      { ...sealed, alg: 'none' as 'A256GCM' },
      { ...sealed, v: 2 as 1 },
    ];
    for (const envelope of envelopes)
      await expect(
        (async () => openRecord(vaultKey, header, envelope, destination))(),
      ).rejects.toThrow();
    for (const change of [{ vaultId: 'v-2' }, { epoch: 4 }])
      await expect(
        openRecord(vaultKey, { ...header, ...change }, sealed, destination),
      ).rejects.toThrow();
    await expect(
      openRecord(vaultKey, { ...header, epoch: 4 }, { ...sealed, epoch: 4 }, destination),
    ).rejects.toThrow();
  });

  test('does not open with another vault key', async () => {
    const other = await importVaultKey(createVaultKey());
    await expect(openRecord(other, header, sealed, destination)).rejects.toThrow();
  });
});

describe('a device slot', async () => {
  const raw = createVaultKey();
  const made = { id: 's-1', kind: 'device', createdAt: 5, label: 'here' } as const;
  const slot = await wrapSlot(header, raw, await device.create(), made);
  const openSlot = async (under: VaultHeader, one: typeof slot) =>
    unwrapSlot(under, one, await device.open(slot));

  test('opens to the vault key', async () => {
    expect(await openSlot(header, slot)).toEqual(raw);
  });

  test('has a key that no script can read out', async () => {
    expect(slot.key?.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', slot.key as CryptoKey)).rejects.toThrow();
  });

  test('is refused with any byte of it flipped', async () => {
    for (let at = 0; at < slot.wrapped.length; at++)
      await expect(
        openSlot(header, { ...slot, wrapped: flipped(slot.wrapped, at) }),
      ).rejects.toThrow();
    for (let at = 0; at < slot.iv.length; at++)
      await expect(openSlot(header, { ...slot, iv: flipped(slot.iv, at) })).rejects.toThrow();
  });

  test('authenticates its own fields and parameters', async () => {
    const changes: Partial<typeof slot>[] = [
      { id: 's-2' },
      { kind: 'password' },
      { createdAt: 6 },
      { label: 'there' },
      { label: undefined },
      { parameters: { memory: 65_536 } },
      { salt: new Uint8Array(16) },
      { salt: new Uint8Array(0) },
    ];
    for (const change of changes)
      await expect(openSlot(header, { ...slot, ...change })).rejects.toThrow();
  });

  test('authenticates the header', async () => {
    const changes: Partial<VaultHeader>[] = [
      { v: 2 as 1 },
      { vaultId: 'v-2' },
      { epoch: 2 },
      { createdAt: 1001 },
    ];
    for (const change of changes)
      await expect(openSlot({ ...header, ...change }, slot)).rejects.toThrow();
  });
});

test('two different lists of fields never have the same bytes', () => {
  const fields = fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const same = a.length === b.length && a.every((field, index) => field === b[index]);
      expect(String(encodeFields(a)) === String(encodeFields(b))).toBe(same);
    }),
  );
  expect(encodeFields(['ab', 'c'])).not.toEqual(encodeFields(['a', 'bc']));
});
