import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import '../../testing/figures.ts';
import type { SlotRecord } from '../../storage/records.ts';
import { ARGON2ID } from '../algorithms.ts';
import { passkey } from './passkey.ts';
import { password, toParameters } from './password.ts';
import {
  createRecoveryCode,
  decodeRecoveryCode,
  encodeRecoveryCode,
  recovery,
} from './recovery.ts';

const slotOf = (fields: Pick<SlotRecord, 'parameters' | 'salt'>): SlotRecord => ({
  id: 's',
  kind: 'password',
  createdAt: 0,
  iv: new Uint8Array(12),
  wrapped: new Uint8Array(48),
  ...fields,
});

/** Two keys are equal where one opens what the other sealed. */
async function isSameKey(one: CryptoKey, other: CryptoKey): Promise<boolean> {
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const sealed = await crypto.subtle.encrypt(algorithm, one, new Uint8Array(4));
  return crypto.subtle.decrypt(algorithm, other, sealed).then(
    () => true,
    () => false,
  );
}

describe('a password', () => {
  test('gives its key again, however its letters are composed, and another gives another', async () => {
    const { slotKey, fields } = await password.create('Zürich');
    expect(fields.parameters).toEqual({
      kdf: 'argon2id',
      memory: 65_536,
      iterations: 3,
      parallelism: 1,
    });
    expect(slotKey.extractable).toBe(false);
    const slot = slotOf(fields);
    expect(await isSameKey(slotKey, await password.open(slot, 'Zu\u0308rich'))).toBe(true);
    expect(await isSameKey(slotKey, await password.open(slot, 'zürich'))).toBe(false);
    const salted = slotOf({ ...fields, salt: new Uint8Array(16) });
    expect(await isSameKey(slotKey, await password.open(salted, 'Zürich'))).toBe(false);
  });

  const { least, most, now } = ARGON2ID;
  const good = { kdf: 'argon2id', ...now };
  const bad: [string, SlotRecord['parameters']][] = [];
  for (const name of ['memory', 'iterations', 'parallelism'] as const)
    for (const value of [
      least[name] - 1,
      most[name] + 1,
      0,
      -1,
      1.5,
      NaN,
      Infinity,
      -Infinity,
      1e12,
      String(now[name]),
    ])
      bad.push([`${name} ${JSON.stringify(value)} ${value}`, { ...good, [name]: value }]);
  bad.push(
    ['no function', { ...now }],
    ['another function', { ...good, kdf: 'argon2i' }],
    ['pbkdf2', { kdf: 'pbkdf2', iterations: 1 }],
    ['one more field', { ...good, secret: 1 }],
    ['no memory', { kdf: 'argon2id', iterations: 3, parallelism: 1 }],
    ['no iterations', { kdf: 'argon2id', memory: 65_536, parallelism: 1 }],
    ['no parallelism', { kdf: 'argon2id', memory: 65_536, iterations: 3 }],
    ['nothing', {}],
    ['all at once', { ...good, memory: 4_194_304, iterations: 1_000, parallelism: 64 }],
    ['the name in capitals', { ...good, kdf: 'ARGON2ID' }],
  );

  test(`is never run with parameters out of bounds: ${bad.length} sets`, async ({
    task: { meta },
  }) => {
    expect(bad.length).toBeGreaterThanOrEqual(40);
    const start = performance.now();
    for (const [name, parameters] of bad)
      await expect(
        password.open(slotOf({ parameters, salt: new Uint8Array(16) }), 'x'),
        name,
      ).rejects.toThrow('out of bounds');
    // One run takes far longer than all these refusals.
    expect(performance.now() - start).toBeLessThan(400);
    meta.figure = `${bad.length} sets`;
  });

  test('is never run with a salt of another length', async () => {
    for (const salt of [undefined, new Uint8Array(0), new Uint8Array(15), new Uint8Array(1 << 20)])
      await expect(password.open(slotOf({ parameters: good, salt }), 'x')).rejects.toThrow('salt');
  });

  test('runs at the bounds themselves', () => {
    for (const parameters of [least, most, now])
      expect(toParameters({ parameters: { kdf: 'argon2id', ...parameters } })).toMatchObject(
        parameters,
      );
  });

  test('is outdated where it was stretched less than today', () => {
    const isOutdated = (change: object) =>
      password.isOutdated!(slotOf({ parameters: { ...good, ...change } }));
    expect(isOutdated({})).toBe(false);
    expect(isOutdated({ memory: least.memory })).toBe(true);
    expect(isOutdated({ iterations: 2 })).toBe(true);
    expect(isOutdated({ memory: most.memory })).toBe(false);
  });
});

describe('a recovery code', () => {
  test('reads back as it was written, in any case, with or without hyphens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 16, maxLength: 16 }), async (bytes) => {
        const code = Uint8Array.from(bytes);
        const text = await encodeRecoveryCode(code);
        expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
        expect(await decodeRecoveryCode(text)).toEqual(code);
        const sloppy = ` ${text.toLowerCase().replaceAll('-', ' ').replaceAll('1', 'l').replaceAll('0', 'o')} `;
        expect(await decodeRecoveryCode(sloppy)).toEqual(code);
      }),
      { numRuns: 200 },
    );
  });

  test('with a wrong letter is told from a right one, but for one in a thousand', async () => {
    const text = await encodeRecoveryCode(createRecoveryCode());
    let taken = 0;
    let tried = 0;
    for (let at = 0; at < text.length; at++) {
      if (text[at] === '-') continue;
      for (const letter of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') {
        if (letter === text[at]) continue;
        tried++;
        if (await decodeRecoveryCode(text.slice(0, at) + letter + text.slice(at + 1))) taken++;
      }
    }
    expect(tried).toBe(28 * 31);
    expect(taken).toBeLessThan(10);
  });

  test.each(['', 'abc', 'U'.repeat(28), 'Z'.repeat(28), '0'.repeat(29)])(
    'is not %j',
    async (text) => {
      expect(await decodeRecoveryCode(text)).toBeUndefined();
    },
  );

  test('opens its own slot alone', async () => {
    const code = createRecoveryCode();
    const { slotKey, fields } = await recovery.create(code);
    const slot = slotOf(fields);
    expect(await isSameKey(slotKey, await recovery.open(slot, code))).toBe(true);
    expect(await isSameKey(slotKey, await recovery.open(slot, createRecoveryCode()))).toBe(false);
    await expect(recovery.open(slot, new Uint8Array(8))).rejects.toThrow('128 bits');
    await expect(recovery.create(new Uint8Array(8))).rejects.toThrow('128 bits');
    await expect(
      recovery.open(slotOf({ parameters: { kdf: 'none' }, salt: fields.salt }), code),
    ).rejects.toThrow();
  });
});

test('a passkey opens its own slot alone', async () => {
  const proof = {
    credentialId: 'abc',
    salt: crypto.getRandomValues(new Uint8Array(32)),
    output: crypto.getRandomValues(new Uint8Array(32)),
  };
  const { slotKey, fields } = await passkey.create(proof);
  const slot = slotOf(fields);
  expect(JSON.stringify(fields.parameters)).toBe('{"kdf":"webauthn-prf","credentialId":"abc"}');
  expect(await isSameKey(slotKey, await passkey.open(slot, proof))).toBe(true);
  expect(
    await isSameKey(slotKey, await passkey.open(slot, { ...proof, output: new Uint8Array(32) })),
  ).toBe(false);
  await expect(passkey.open(slot, { ...proof, credentialId: 'other' })).rejects.toThrow();
  await expect(passkey.create({ ...proof, output: new Uint8Array(0) })).rejects.toThrow();
});
