import { describe, expect, inject, test } from 'vitest';
import '../testing/figures.ts';
import { createChanges } from '../changes.ts';
import type { Destination, KeyRecord, SlotRecord } from '../storage/records.ts';
import { createMemorySession, createTestPorts, type TestPorts } from '../testing/ports.ts';
import { BACKUP_KEY, type VaultBackup } from './backup.ts';
import { readVaultHealth } from './health.ts';
import { createKeys } from './keys.ts';
import { readLockEvents } from './lock-events.ts';
import { createLocks, type Proof } from './locks.ts';
import { stretchPassword } from './slot-kinds/password.ts';
import { createRecoveryCode } from './slot-kinds/recovery.ts';
import { wrapSlot } from './slots.ts';
import { createVault } from './vault.ts';

const groq: Destination = {
  providerId: 'groq',
  origin: 'https://api.groq.com',
  pathPrefix: '/openai/v1',
  authScheme: 'bearer',
};
const CANARY = 'gsk_canary0123456789abcdefghij';
const DEVICE: Proof = { kind: 'device', value: undefined };
const PASSWORD: Proof = { kind: 'password', value: 'correct horse' };
const WRONG: Proof = { kind: 'password', value: 'battery staple' };

/** A worker and the pages that it serves, which hear of each other's changes. */
function setUp(host: TestPorts = createTestPorts()) {
  const changes = createChanges(host);
  const ports: TestPorts = { ...host, publish: changes.publish };
  const vault = createVault(ports, changes);
  return { ports, changes, vault, keys: createKeys(ports, vault), locks: createLocks(ports) };
}
type SetUp = ReturnType<typeof setUp>;

const newPasskey = (): Proof => ({
  kind: 'passkey',
  value: {
    credentialId: 'credential',
    salt: crypto.getRandomValues(new Uint8Array(32)),
    output: crypto.getRandomValues(new Uint8Array(32)),
  },
});
const newRecovery = (): Proof => ({ kind: 'recovery', value: createRecoveryCode() });

async function withKey(one = setUp()): Promise<SetUp & { record: KeyRecord }> {
  const [record] = await one.keys.add(groq, [{ secret: CANARY }]);
  return { ...one, record: record! };
}

/** A vault with these slots instead of the device's. */
async function withSlots(...proofs: Proof[]) {
  const one = await withKey();
  const [deviceSlot] = await one.locks.list();
  await one.locks.change(DEVICE, {
    add: proofs.map((proof) => ({ proof })),
    remove: [deviceSlot!.id],
  });
  return one;
}

async function unlock({ vault, locks }: SetUp, proof: Proof, idleMs?: number): Promise<void> {
  const vaultKey = await locks.open(proof);
  await vault.unlock(vaultKey, { ...(idleMs !== undefined && { idleMs }) });
  vaultKey.fill(0);
}

const openKey = async ({ vault, keys }: SetUp) => vault.open((await keys.list())[0]!, groq);

async function snapshot({ ports }: SetUp): Promise<string> {
  const db = await ports.openDatabase();
  const all = await Promise.all(
    (['vault', 'slots', 'keys', 'state'] as const).map((store) => db.getAll(store)),
  );
  return JSON.stringify(all, (_name, value: unknown) =>
    value instanceof Uint8Array ? [...value] : value,
  );
}

describe('a vault with a password', () => {
  test('is locked until the password opens it, without the keys being entered again', async () => {
    const one = await withSlots(PASSWORD);
    expect(await one.vault.isLocked()).toBe(true);
    await expect(openKey(one)).rejects.toMatchObject({ code: 'vault_locked', status: 401 });
    await expect(one.keys.add(groq, [{ secret: 'gsk_x' }])).rejects.toMatchObject({
      code: 'vault_locked',
    });
    await unlock(one, PASSWORD);
    expect(await one.vault.isLocked()).toBe(false);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('stays open when the worker dies, and is locked by hand or with the browser', async () => {
    const one = await withSlots(PASSWORD);
    await unlock(one, PASSWORD);
    expect(await openKey({ ...one, vault: createVault(one.ports, one.changes) })).toBe(CANARY);
    const restarted = createVault({ ...one.ports, session: createMemorySession() }, one.changes);
    expect(await restarted.isLocked()).toBe(true);
    await one.vault.lock();
    await expect(openKey(one)).rejects.toMatchObject({ code: 'vault_locked' });
    expect(one.ports.changes.at(-1)).toEqual({ topic: 'lock' });
  });

  test('locks when it was not used for so long; each use moves the time', async () => {
    const one = await withSlots(PASSWORD);
    await unlock(one, PASSWORD, 60_000);
    for (let minute = 0; minute < 5; minute++) {
      one.ports.clock.now += 50_000;
      expect(await openKey(one)).toBe(CANARY);
    }
    one.ports.clock.now += 60_000;
    expect(await one.vault.isLocked()).toBe(true);
    await expect(openKey(one)).rejects.toMatchObject({ code: 'vault_locked' });
  });

  test('is locked at once in a worker that has the key of “no password” at hand', async () => {
    const one = await withKey();
    expect(await openKey(one)).toBe(CANARY);
    const [slot] = await one.locks.list();
    await one.locks.change(DEVICE, { add: [{ proof: PASSWORD }], remove: [slot!.id] });
    await expect(openKey(one)).rejects.toMatchObject({ code: 'vault_locked' });
  });

  test('takes another time without use while it is unlocked, and says when and why it locked', async () => {
    const one = await withSlots(PASSWORD);
    await unlock(one, PASSWORD);
    expect(await one.vault.state()).toEqual({ locked: false, lockable: true });
    await one.vault.setIdle(60_000);
    const locksAt = one.ports.clock.now + 60_000;
    expect(await one.vault.state()).toEqual({ locked: false, lockable: true, locksAt });
    one.ports.clock.now = locksAt;
    expect(await one.vault.state()).toEqual({
      locked: true,
      lockable: true,
      lockedBy: { reason: 'idle', at: locksAt },
    });
  });

  test('is left as it was by wrong passwords', { timeout: 1_200_000 }, async ({ task }) => {
    const one = await withSlots(PASSWORD);
    const before = await snapshot(one);
    const { wrongPasswords } = inject('times');
    for (let count = 0; count < wrongPasswords; count++)
      await expect(
        one.locks.open({ ...WRONG, value: `wrong ${count}` } as Proof),
      ).rejects.toMatchObject({ code: 'vault_locked' });
    for (const wrong of [newRecovery(), DEVICE])
      await expect(one.locks.open(wrong)).rejects.toMatchObject({ code: 'vault_locked' });
    for (const change of [{ add: [{ proof: WRONG }] }, { remove: ['x'] }])
      await expect(one.locks.change(WRONG, change)).rejects.toMatchObject({ code: 'vault_locked' });
    await expect(one.locks.rotate({ keep: [WRONG] })).rejects.toMatchObject({
      code: 'vault_locked',
    });
    expect(await snapshot(one)).toBe(before);
    task.meta.figure = `${wrongPasswords} wrong passwords, equal to the byte`;
  });

  test('is unlocked by its password (prints its time)', { timeout: 300_000 }, async ({ task }) => {
    const one = await withSlots(PASSWORD);
    const times: number[] = [];
    const { unlocks } = inject('times');
    for (let count = 0; count < unlocks; count++) {
      const start = performance.now();
      await unlock(one, PASSWORD);
      expect(await openKey(one)).toBe(CANARY);
      times.push(performance.now() - start);
      await one.vault.lock();
    }
    times.sort((a, b) => a - b);
    const p95 = times[Math.ceil(times.length * 0.95) - 1]!;
    task.meta.figure = `p95 ${(p95 / 1_000).toFixed(2)} s of ${unlocks}, to be at most 1.5`;
  });

  test('takes another password, and no longer the old one', async () => {
    const one = await withSlots(PASSWORD);
    const [slot] = await one.locks.list();
    await one.locks.change(PASSWORD, { add: [{ proof: WRONG, label: 'new' }], remove: [slot!.id] });
    await expect(one.locks.open(PASSWORD)).rejects.toMatchObject({ code: 'vault_locked' });
    await unlock(one, WRONG);
    expect(await openKey(one)).toBe(CANARY);
    expect(await one.locks.list()).toMatchObject([{ kind: 'password', label: 'new' }]);
  });

  test('opens by each of its slots, also after another is removed', async () => {
    const code = newRecovery();
    const one = await withSlots(PASSWORD, code);
    await unlock(one, code);
    expect(await openKey(one)).toBe(CANARY);
    const { id } = (await one.locks.list()).find(({ kind }) => kind === 'password')!;
    await one.locks.change(code, { remove: [id] });
    await expect(one.locks.open(PASSWORD)).rejects.toMatchObject({ code: 'vault_locked' });
    await unlock(one, code);
  });

  test('never loses its last slot', async () => {
    const one = await withSlots(PASSWORD);
    const [slot] = await one.locks.list();
    await expect(one.locks.change(PASSWORD, { remove: [slot!.id] })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(
      one.locks.change(PASSWORD, { add: [{ proof: { kind: 'password', value: '' } }] }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await one.locks.list()).toHaveLength(1);
  });

  test('can be made before the first key, once', async () => {
    const one = setUp();
    await one.locks.create(PASSWORD, 'mine');
    await expect(one.locks.create(WRONG)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await one.vault.isLocked()).toBe(true);
    await unlock(one, PASSWORD);
    await withKey(one);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('refuses a slot whose parameters were weakened', async () => {
    const one = await withSlots(PASSWORD);
    const db = await one.ports.openDatabase();
    const [slot] = await db.getAll('slots');
    for (const parameters of [
      { ...slot!.parameters, memory: 8 },
      { ...slot!.parameters, memory: 19_456 },
    ]) {
      await db.put('slots', { ...slot!, parameters } as SlotRecord);
      await expect(one.locks.open(PASSWORD)).rejects.toMatchObject({ code: 'vault_locked' });
    }
  });

  test('gives a slot another name by its own proof alone', async () => {
    const passkey = newPasskey();
    const one = await withSlots(PASSWORD, passkey);
    await one.locks.rename(passkey, 'Blue key');
    const named = (await one.locks.list()).find(({ kind }) => kind === 'passkey');
    expect(named).toMatchObject({ label: 'Blue key', passkey: { credentialId: 'credential' } });
    await expect(one.locks.rename(newRecovery(), 'x')).rejects.toMatchObject({
      code: 'vault_locked',
    });
    for (const proof of [passkey, PASSWORD]) await unlock(one, proof);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('stretches a password more at the next unlock, where it was stretched less', async () => {
    const one = await withSlots(PASSWORD);
    const db = await one.ports.openDatabase();
    const [header, [slot]] = [(await db.get('vault', 'vault'))!, await db.getAll('slots')];
    const vaultKey = await one.locks.open(PASSWORD);
    const weaker = { memory: 19_456, iterations: 2, parallelism: 1 };
    const { id, kind, createdAt } = slot!;
    await db.put(
      'slots',
      await wrapSlot(header, vaultKey, await stretchPassword('correct horse', weaker), {
        id,
        kind,
        createdAt,
      }),
    );
    await unlock(one, PASSWORD);
    const [after] = await db.getAll('slots');
    expect(after).toMatchObject({ id, parameters: { memory: 65_536, iterations: 3 } });
    await unlock(one, PASSWORD);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('writes down when and why it was locked and unlocked, the last 20', async () => {
    const one = await withSlots(PASSWORD);
    const events = async () =>
      (await readLockEvents(await one.ports.openDatabase())).map(({ what }) => what);
    await unlock(one, PASSWORD, 60_000);
    await one.vault.lock();
    await one.vault.lock('system');
    await unlock(one, PASSWORD, 60_000);
    one.ports.clock.now += 60_000;
    expect(await one.vault.isLocked()).toBe(true);
    expect(await events()).toEqual(['unlocked', 'hand', 'unlocked', 'idle']);
    for (let count = 0; count < 12; count++) {
      const vaultKey = new Uint8Array(32);
      await one.vault.unlock(vaultKey);
      await one.vault.lock('system');
    }
    expect(await events()).toHaveLength(20);
    expect((await events()).at(-1)).toBe('system');
  });

  test('that nothing opens any more is erased, and a new one begins', async () => {
    const one = await withSlots(PASSWORD);
    await one.locks.erase();
    expect(await one.keys.list()).toEqual([]);
    expect(await one.locks.list()).toEqual([]);
    const db = await one.ports.openDatabase();
    expect(await db.get('state', BACKUP_KEY)).toBeUndefined();
    await withKey(one);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('does not take a key of another vault or an older epoch', async () => {
    const one = await withSlots(PASSWORD);
    await unlock(one, PASSWORD);
    await one.locks.rotate({ keep: [PASSWORD] });
    expect(await one.vault.isLocked()).toBe(true);
    await unlock(one, PASSWORD);
    expect(await openKey(one)).toBe(CANARY);
  });
});

describe('a rotation', () => {
  test('seals every key anew, under another vault key and epoch', async () => {
    const one = await withKey();
    const before = (await one.keys.list())[0]!;
    const oldKey = await one.locks.open(DEVICE);
    expect(await one.locks.rotate({ keep: [DEVICE] })).toEqual([]);
    expect(await one.locks.open(DEVICE)).not.toEqual(oldKey);
    const after = (await one.keys.list())[0]!;
    expect(after.sealed.epoch).toBe(before.sealed.epoch + 1);
    expect(after.sealed.ct).not.toEqual(before.sealed.ct);
    expect(await openKey(one)).toBe(CANARY);
    await expect(one.vault.open(before, groq)).rejects.toMatchObject({ code: 'no_provider_key' });
  });

  test('drops the slots whose proof was not given, and names them', async () => {
    const code = newRecovery();
    const one = await withSlots(PASSWORD, code);
    expect(await one.locks.rotate({ keep: [PASSWORD] })).toMatchObject([{ kind: 'recovery' }]);
    await expect(one.locks.open(code)).rejects.toMatchObject({ code: 'vault_locked' });
    await unlock(one, PASSWORD);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('takes the vault from “no password” to a password in one step, and hands out the new key', async () => {
    const one = await withKey();
    let given: Uint8Array | undefined;
    const dropped = await one.locks.rotate({
      open: DEVICE,
      add: [{ proof: PASSWORD, label: 'mine' }],
      onKey: async (vaultKey) => {
        given = vaultKey;
        await one.vault.unlock(vaultKey);
      },
    });
    expect(dropped).toMatchObject([{ kind: 'device' }]);
    expect(await openKey(one)).toBe(CANARY);
    expect(given).toEqual(new Uint8Array(32));
    expect(await one.locks.list()).toMatchObject([{ kind: 'password', label: 'mine' }]);
    await expect(one.locks.rotate({ open: PASSWORD })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('tells how far it is', async () => {
    const one = await withKey();
    await one.keys.add(groq, [{ secret: 'gsk_second-0123456789' }]);
    const told: string[] = [];
    const onProgress = (done: number, total: number) => told.push(`${done}/${total}`);
    await one.locks.rotate({ keep: [DEVICE], onProgress });
    expect(told).toEqual(['0/2', '1/2', '2/2']);
  });

  test('that meets a key being saved fails or is seen by it: nothing is lost', async () => {
    const one = await withKey();
    const results = await Promise.allSettled([
      one.locks.rotate({ keep: [DEVICE] }),
      one.keys.add(groq, [{ secret: 'gsk_parallel-0123456789' }]),
      one.locks.rotate({ keep: [DEVICE] }),
      one.keys.add(groq, [{ secret: 'gsk_another0-0123456789' }]),
    ]);
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'internal_error' });
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    for (const record of await one.keys.list())
      expect(await one.vault.open(record, groq)).toMatch(/^gsk_/);
  });
});

describe('the second copy', () => {
  test('restores a damaged header, slot and key', async () => {
    const one = await withSlots(PASSWORD);
    const db = await one.ports.openDatabase();
    const [header, [slot], [key]] = await Promise.all([
      db.get('vault', 'vault'),
      db.getAll('slots'),
      db.getAll('keys'),
    ]);
    const damages: (() => Promise<unknown>)[] = [
      () => db.put('vault', { ...header!, vaultId: 'other' }),
      () => db.put('vault', { id: 'vault' } as never),
      () => db.delete('vault', 'vault'),
      () => db.put('slots', { ...slot!, wrapped: new Uint8Array(48) }),
      () => db.clear('slots'),
      () => db.put('keys', { ...key!, sealed: { ...key!.sealed, ct: new Uint8Array(40) } }),
      () => db.delete('keys', key!.id),
    ];
    const health = async () => (await readVaultHealth(db)).state;
    expect(await health()).toBe('whole');
    for (const damage of damages) {
      await damage();
      expect(await health()).toBe('damaged');
      const works = await unlock(one, PASSWORD)
        .then(() => openKey(one))
        .catch(() => undefined);
      expect(works).toBeUndefined();
      await one.locks.restore(PASSWORD);
      expect(await health()).toBe('whole');
      await unlock(one, PASSWORD);
      expect(await openKey(one)).toBe(CANARY);
    }
  });

  test('restores all of it at once, and what is damaged here and what is damaged there', async () => {
    const code = newRecovery();
    const one = await withSlots(PASSWORD, code);
    await unlock(one, PASSWORD);
    const [second] = await one.keys.add(groq, [{ secret: 'gsk_second-0123456789' }]);
    const db = await one.ports.openDatabase();
    const whole = (await db.get('state', BACKUP_KEY)) as VaultBackup;
    const spoilKey = (record: KeyRecord) => ({
      ...record,
      sealed: { ...record.sealed, ct: new Uint8Array(40) },
    });
    const spoilSlot = (slot: SlotRecord) => ({ ...slot, wrapped: new Uint8Array(48) });
    const slotOf = (kind: SlotRecord['kind']) => whole.slots.find((slot) => slot.kind === kind)!;
    const copyWith = (change: Partial<VaultBackup>) =>
      db.put('state', { ...whole, ...change }, BACKUP_KEY);
    const damages: [Proof, () => Promise<unknown>][] = [
      [PASSWORD, () => Promise.all([db.clear('vault'), db.clear('slots'), db.clear('keys')])],
      [
        PASSWORD,
        () =>
          Promise.all([
            db.put('vault', { id: 'vault' } as never),
            ...whole.slots.map((slot) => db.put('slots', spoilSlot(slot))),
            ...whole.keys.map((key) => db.put('keys', spoilKey(key))),
          ]),
      ],
      [
        PASSWORD,
        () =>
          Promise.all([
            db.put('keys', spoilKey(second!)),
            copyWith({
              keys: whole.keys.map((key) => (key.id === second!.id ? key : spoilKey(key))),
            }),
          ]),
      ],
      [
        code,
        () =>
          Promise.all([
            db.put('slots', spoilSlot(slotOf('recovery'))),
            copyWith({ slots: [spoilSlot(slotOf('password')), slotOf('recovery')] }),
          ]),
      ],
      [
        code,
        () =>
          Promise.all([
            db.put('keys', { id: whole.keys[0]!.id, label: 7 } as never),
            copyWith({ slots: whole.slots.map(spoilSlot) }),
          ]),
      ],
    ];
    for (const [proof, damage] of damages) {
      await damage();
      expect((await readVaultHealth(db)).state).toBe('damaged');
      await one.locks.restore(proof);
      expect((await readVaultHealth(db)).state).toBe('whole');
      for (const opens of [PASSWORD, code]) {
        await unlock(one, opens);
        const secrets = await Promise.all(
          (await one.keys.list()).map((record) => one.vault.open(record, groq)),
        );
        expect(secrets.sort()).toEqual([CANARY, 'gsk_second-0123456789'].sort());
      }
    }
  });

  test('that is as damaged as the vault leaves nothing changed, and says what to do', async () => {
    const one = await withSlots(PASSWORD);
    const db = await one.ports.openDatabase();
    const backup = (await db.get('state', BACKUP_KEY)) as VaultBackup;
    await db.put('vault', { id: 'vault' } as never);
    await db.put('state', { ...backup, header: { id: 'vault' } }, BACKUP_KEY);
    const before = await snapshot(one);
    expect(await readVaultHealth(db)).toEqual({ state: 'damaged' });
    await expect(one.locks.restore(PASSWORD)).rejects.toMatchObject({
      code: 'no_provider_key',
      message: expect.stringMatching(/Import a backup, or enter the keys again/),
    });
    expect(await snapshot(one)).toBe(before);
  });

  test('is made anew where it is the damaged one', async () => {
    const one = await withSlots(PASSWORD);
    const db = await one.ports.openDatabase();
    const backup = (await db.get('state', BACKUP_KEY)) as VaultBackup;
    const [slot] = backup.slots;
    const [key] = backup.keys;
    const damaged = [
      { ...backup, slots: [] },
      { ...backup, slots: [{ ...slot!, wrapped: new Uint8Array(48) }] },
      { ...backup, keys: [{ ...key!, sealed: { ...key!.sealed, ct: new Uint8Array(40) } }] },
      { ...backup, header: { ...backup.header, epoch: 7 } },
      'nothing of the kind',
    ];
    for (const value of damaged) {
      await db.put('state', value, BACKUP_KEY);
      expect(await readVaultHealth(db)).toMatchObject({
        state: 'damaged',
        vault: { slots: [{ kind: 'password' }] },
      });
      await one.locks.restore(PASSWORD);
      expect((await readVaultHealth(db)).state).toBe('whole');
      await unlock(one, PASSWORD);
      expect(await openKey(one)).toBe(CANARY);
    }
  });

  test('does not put its own damaged slot over one that opens', async () => {
    const code = newRecovery();
    const one = await withSlots(PASSWORD, code);
    const db = await one.ports.openDatabase();
    const backup = (await db.get('state', BACKUP_KEY)) as VaultBackup;
    const slots = backup.slots.map((slot) =>
      slot.kind === 'password' ? { ...slot, wrapped: new Uint8Array(48) } : slot,
    );
    await db.put('state', { ...backup, slots }, BACKUP_KEY);
    await one.locks.restore(code);
    await unlock(one, PASSWORD);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('says nothing of damage where a key is named, checked or deleted, or nothing was saved', async () => {
    const empty = setUp();
    expect(await readVaultHealth(await empty.ports.openDatabase())).toEqual({ state: 'none' });
    const one = await withKey();
    const health = async () => (await readVaultHealth(await one.ports.openDatabase())).state;
    const check = { state: 'valid', at: 1 } as const;
    await one.keys.update(one.record.id, { label: 'other', check });
    expect(await health()).toBe('whole');
    await one.keys.remove(one.record.id);
    expect(await health()).toBe('whole');
  });

  test('is not lost to a new vault where the header is gone', async () => {
    const one = await withKey();
    await (await one.ports.openDatabase()).clear('vault');
    await expect(one.keys.add(groq, [{ secret: 'gsk_new-0123456789' }])).rejects.toMatchObject({
      code: 'no_provider_key',
    });
    await one.locks.restore(DEVICE);
    expect(await openKey(one)).toBe(CANARY);
  });

  test('opens to whoever opens the vault alone', async () => {
    const one = await withSlots(PASSWORD);
    const before = await snapshot(one);
    await expect(one.locks.restore(WRONG)).rejects.toMatchObject({ code: 'vault_locked' });
    expect(await snapshot(one)).toBe(before);
  });

  test('is of the same moment: a deleted key is not in it, a new one is', async () => {
    const one = await withKey();
    await one.keys.add(groq, [{ secret: 'gsk_second-0123456789' }]);
    await one.keys.remove(one.record.id);
    const backup = (await (await one.ports.openDatabase()).get('state', BACKUP_KEY)) as {
      keys: KeyRecord[];
    };
    expect(backup.keys.map(({ id }) => id)).toEqual((await one.keys.list()).map(({ id }) => id));
    await one.locks.restore(DEVICE);
    expect(await one.keys.list()).toHaveLength(1);
  });
});

test('neither the password nor the vault key is stored', async () => {
  const one = await withSlots({ kind: 'password', value: 'canary-password' });
  const vaultKey = await one.locks.open({ kind: 'password', value: 'canary-password' });
  const text = await snapshot(one);
  expect(text).not.toContain('canary');
  expect(text).not.toContain([...vaultKey.subarray(0, 8)].join(','));
});
