/** The vault under contexts that die in mid-write, or write all at once. */
import { expect, inject, test } from 'vitest';
import '../testing/figures.ts';
import { createChanges } from '../changes.ts';
import type { Destination } from '../storage/records.ts';
import { createTestPorts } from '../testing/ports.ts';
import type { Bytes } from './crypto.ts';
import { readVaultHealth } from './health.ts';
import { createKeys } from './keys.ts';
import { createLocks, type Proof } from './locks.ts';
import { createRecoveryCode } from './slot-kinds/recovery.ts';
import type { VictimJob, VictimWord } from './testing/victim.worker.ts';
import { toEntryId } from './testing/entry-id.ts';
import { createVault } from './vault.ts';

const destination: Destination = {
  providerId: 'groq',
  origin: 'https://api.groq.com',
  pathPrefix: '/openai/v1',
  authScheme: 'bearer',
};
const DEVICE: Proof = { kind: 'device', value: undefined };
const SECRETS = ['gsk_first-0123456789abcdef', 'gsk_second-0123456789abcdef'];
const TIMES = inject('times');
const IMPORTED = ['providers', 'models', 'chats', 'messages', 'sites'] as const;

async function setUp() {
  const ports = createTestPorts();
  const vault = createVault(ports, createChanges(ports));
  const keys = createKeys(ports, vault);
  const locks = createLocks(ports);
  await keys.add(
    destination,
    SECRETS.map((secret) => ({ secret })),
  );
  const codes: [Bytes, Bytes] = [createRecoveryCode(), createRecoveryCode()];
  await locks.rotate({ open: DEVICE, add: [{ proof: { kind: 'recovery', value: codes[0] } }] });
  return { ports, vault, keys, locks, codes };
}
type SetUp = Awaited<ReturnType<typeof setUp>>;

/** A worker at work: what it said so far, and the end of it. */
async function start(job: VictimJob) {
  const worker = new Worker(new URL('./testing/victim.worker.ts', import.meta.url), {
    type: 'module',
  });
  const saved: string[] = [];
  const heard = (isWanted: (word: unknown) => boolean) =>
    new Promise<void>((resolve, reject) => {
      worker.addEventListener('message', ({ data }) => isWanted(data) && resolve());
      worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    });
  worker.addEventListener('message', ({ data }: MessageEvent<VictimWord>) => {
    if (typeof data === 'object') saved.push(...data.saved);
  });
  const done = heard((word) => word === 'done');
  done.catch(() => undefined);
  await heard((word) => word === 'loaded');
  const began = heard((word) => word === true);
  worker.postMessage(job);
  await began;
  return { saved, done, kill: () => worker.terminate() };
}

/** Opens with one of the two, and every stored key with it: by secret, the record's id. */
async function openAll({ ports, codes, keys, locks }: SetUp): Promise<Map<string, string>> {
  const database = await ports.openDatabase();
  expect((await readVaultHealth(database)).state).toBe('whole');
  const opened = await Promise.any(codes.map((value) => locks.open({ kind: 'recovery', value })));
  const vault = createVault(ports, createChanges(ports));
  await vault.unlock(opened);
  const ids = new Map<string, string>();
  for (const record of await keys.list()) ids.set(await vault.open(record, destination), record.id);
  return ids;
}

/** What came in with a pair of keys is there with them, and nothing of any other import. */
async function expectWhole({ ports }: SetUp, secrets: readonly string[]): Promise<void> {
  const database = await ports.openDatabase();
  const ids = secrets.flatMap((secret) => (secret.endsWith('-a') ? [secret.slice(0, -2)] : []));
  const expected = ids.map(toEntryId).sort();
  for (const store of ['providers', 'models', 'chats'] as const)
    expect((await database.getAllKeys(store)).sort(), store).toEqual(expected);
  expect((await database.getAllKeys('sites')).sort()).toEqual(
    expected.map((id) => `https://${id}.example`),
  );
  expect((await database.getAllKeys('messages')).sort()).toEqual(
    expected.flatMap((id) => [`${id}-a`, `${id}-b`]),
  );
}

for (const [task, what] of [
  ['rotate', 'a rotation of the vault key'],
  ['change', 'a change of what opens it'],
  ['add', 'keys being saved'],
  ['import', 'an import of keys with chats and all the rest'],
] as const)
  test(
    `a context killed during ${what} leaves the old or the new, never neither`,
    { timeout: 60_000 + TIMES.kills * 2_000 },
    async ({ task: { meta } }) => {
      const one = await setUp();
      const before = await (await one.ports.openDatabase()).get('vault', 'vault');
      let added = 0;
      for (let kill = 0; kill < TIMES.kills; kill++) {
        const victim = await start({
          databaseName: one.ports.databaseName,
          task,
          codes: one.codes,
          destination,
          prefix: `gsk_${kill}-0123456789abcdef-`,
        });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 25));
        victim.kill();
        const opened = await openAll(one);
        const secrets = [...opened.keys()];
        expect(secrets).toEqual(expect.arrayContaining([...SECRETS, ...victim.saved]));
        // Two keys are saved at once: never one of them alone.
        for (const secret of secrets)
          if (secret.endsWith('-a')) expect(secrets).toContain(`${secret.slice(0, -1)}b`);
        if (task === 'import') await expectWhole(one, secrets);
        added += opened.size - SECRETS.length;
        // So that the second copy stays small.
        for (const [secret, id] of opened) if (!SECRETS.includes(secret)) await one.keys.remove(id);
        const database = await one.ports.openDatabase();
        for (const store of IMPORTED) await database.clear(store);
      }
      const after = await (await one.ports.openDatabase()).get('vault', 'vault');
      const work = { rotate: after!.epoch - before!.epoch, add: added, import: added, change: 1 }[
        task
      ];
      expect(work, 'the contexts did some work before they died').toBeGreaterThan(0);
      meta.figure = `${TIMES.kills} kills, 0 lost`;
    },
  );

test(
  'four contexts that save keys at once lose none',
  { timeout: 300_000 },
  async ({ task: { meta } }) => {
    const one = await setUp();
    const victims = await Promise.all(
      ['w', 'x', 'y', 'z'].map((name) =>
        start({
          databaseName: one.ports.databaseName,
          task: 'add',
          codes: one.codes,
          destination,
          prefix: `gsk_${name}-0123456789abcdef-`,
          limit: TIMES.writes,
        }),
      ),
    );
    await Promise.all(victims.map(({ done }) => done));
    for (const { kill } of victims) kill();
    const secrets = await openAll(one);
    const saved = victims.flatMap((victim) => victim.saved);
    expect(saved).toHaveLength(4 * 2 * TIMES.writes);
    expect([...secrets.keys()].sort()).toEqual([...SECRETS, ...saved].sort());
    meta.figure = `4 contexts × ${TIMES.writes} writes of 2 keys, 0 lost`;
  },
);
