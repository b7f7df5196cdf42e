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

/** Opens with one of the two, and every stored key with it. */
async function openAll({ ports, codes, keys, locks }: SetUp): Promise<Set<string>> {
  const database = await ports.openDatabase();
  expect((await readVaultHealth(database)).state).toBe('whole');
  const opened = await Promise.any(codes.map((value) => locks.open({ kind: 'recovery', value })));
  const vault = createVault(ports, createChanges(ports));
  await vault.unlock(opened);
  const secrets = new Set<string>();
  for (const record of await keys.list()) secrets.add(await vault.open(record, destination));
  return secrets;
}

for (const [task, what] of [
  ['rotate', 'a rotation of the vault key'],
  ['change', 'a change of what opens it'],
  ['add', 'keys being saved'],
] as const)
  test(
    `a context killed during ${what} leaves the old or the new, never neither`,
    { timeout: 60_000 + TIMES.kills * 2_000 },
    async ({ task: { meta } }) => {
      const one = await setUp();
      const acknowledged = new Set(SECRETS);
      const attempted = new Set(SECRETS);
      const before = await (await one.ports.openDatabase()).get('vault', 'vault');
      for (let kill = 0; kill < TIMES.kills; kill++) {
        const prefix = `gsk_${kill}-0123456789abcdef-`;
        const victim = await start({
          databaseName: one.ports.databaseName,
          task,
          codes: one.codes,
          destination,
          prefix,
        });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 25));
        victim.kill();
        const secrets = await openAll(one);
        for (const secret of victim.saved) acknowledged.add(secret);
        for (const secret of acknowledged) expect(secrets).toContain(secret);
        // Two keys are saved at once: never one of them alone.
        if (task === 'add')
          for (const secret of secrets)
            if (secret.endsWith('-a')) expect(secrets).toContain(`${secret.slice(0, -1)}b`);
        for (const secret of secrets) if (secret.startsWith(prefix)) attempted.add(secret);
        expect(secrets.size).toBe(attempted.size);
        // So that the copy of all keys stays small.
        for (const { id, preview } of (await one.keys.list()).slice(20)) {
          expect(preview).not.toBe('');
          await one.keys.remove(id);
        }
        if (task === 'add') {
          const left = await openAll(one);
          for (const secret of attempted)
            if (!left.has(secret)) {
              attempted.delete(secret);
              acknowledged.delete(secret);
            }
        }
      }
      const after = await (await one.ports.openDatabase()).get('vault', 'vault');
      const worked =
        task === 'rotate' ? after!.epoch - before!.epoch : task === 'add' ? attempted.size : 1;
      expect(worked, 'the contexts did some work before they died').toBeGreaterThan(0);
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
    expect([...secrets].sort()).toEqual([...SECRETS, ...saved].sort());
    meta.figure = `4 contexts × ${TIMES.writes} writes of 2 keys, 0 lost`;
  },
);
