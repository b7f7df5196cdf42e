/**
 * Every form in which a vault was ever stored opens for ever. A file here is never changed; a new form
 * gets a new file.
 */
import { describe, expect, test } from 'vitest';
import { createChanges } from '../changes.ts';
import { createTestPorts } from '../testing/ports.ts';
import { ARGON2ID } from './algorithms.ts';
import { readVaultHealth } from './health.ts';
import { createKeys } from './keys.ts';
import { createLocks, type Proof } from './locks.ts';
import {
  createRecoveryCode,
  decodeRecoveryCode,
  encodeRecoveryCode,
} from './slot-kinds/recovery.ts';
import { decodeGolden, encodeGolden, putGolden } from './testing/golden.ts';
import vaultV1 from './golden/vault-v1.json';
import { createVault } from './vault.ts';

const FILES = { 'vault-v1': vaultV1 };

test('a vault of today can be kept as a file, and opens from it', async () => {
  const ports = createTestPorts();
  const vault = createVault(ports, createChanges(ports));
  const destination = {
    providerId: 'groq',
    origin: 'https://api.groq.com',
    pathPrefix: '/openai/v1',
    authScheme: 'bearer',
  };
  const [record] = await createKeys(ports, vault).add(destination, [{ secret: 'gsk_today' }]);
  const code = createRecoveryCode();
  const locks = createLocks(ports);
  const proof: Proof = { kind: 'recovery', value: code };
  await locks.rotate({ open: { kind: 'device', value: undefined }, add: [{ proof }] });
  const database = await ports.openDatabase();
  const text = encodeGolden({
    about: 'today',
    password: '',
    recoveryCode: await encodeRecoveryCode(code),
    passkey: { credentialId: '', salt: new Uint8Array(), output: new Uint8Array() },
    header: (await database.get('vault', 'vault'))!,
    slots: await database.getAll('slots'),
    keys: await database.getAll('keys'),
    secrets: { [record!.id]: 'gsk_today' },
  });

  const other = createTestPorts();
  await putGolden(await other.openDatabase(), decodeGolden(text));
  const otherVault = createVault(other, createChanges(other));
  await otherVault.unlock(await createLocks(other).open(proof));
  const [kept] = await createKeys(other, otherVault).list();
  expect(await otherVault.open(kept!, destination)).toBe('gsk_today');
});

describe.each(Object.entries(FILES))('%s', (_name, file) => {
  async function setUp() {
    const ports = createTestPorts();
    const golden = decodeGolden(JSON.stringify(file));
    await putGolden(await ports.openDatabase(), golden);
    const vault = createVault(ports, createChanges(ports));
    return { golden, ports, vault, keys: createKeys(ports, vault), locks: createLocks(ports) };
  }

  test('opens by each of its ways, and every key with it', async () => {
    const { golden, vault, keys, locks } = await setUp();
    const code = await decodeRecoveryCode(golden.recoveryCode);
    const proofs: Proof[] = [
      { kind: 'password', value: golden.password },
      { kind: 'recovery', value: code! },
      { kind: 'passkey', value: golden.passkey },
    ];
    for (const proof of proofs) {
      await vault.unlock(await locks.open(proof));
      const opened: Record<string, string> = {};
      for (const record of await keys.list())
        opened[record.id] = await vault.open(record, record.destination);
      expect(opened, proof.kind).toEqual(golden.secrets);
      await vault.lock();
    }
  });

  test('is stretched as today and gets its second copy at the next unlock, and opens again', async () => {
    const { golden, ports, locks } = await setUp();
    const database = await ports.openDatabase();
    expect((await readVaultHealth(database)).state).toBe('whole');
    const proof: Proof = { kind: 'password', value: golden.password };
    const first = await locks.open(proof);
    const slots = await database.getAll('slots');
    expect(slots.find(({ kind }) => kind === 'password')?.parameters).toEqual({
      kdf: 'argon2id',
      ...ARGON2ID.now,
    });
    expect((await readVaultHealth(database)).copy?.keys).toBe(golden.keys.length);
    expect(await locks.open(proof)).toEqual(first);
  });
});
