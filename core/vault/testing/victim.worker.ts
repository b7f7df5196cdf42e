/** A context that changes the vault over and over until it is killed. */
import { createChanges } from '../../changes.ts';
import { openDatabase } from '../../storage/database.ts';
import type { Destination } from '../../storage/records.ts';
import { createTestPorts } from '../../testing/ports.ts';
import { createBundles } from '../bundle.ts';
import type { Bytes } from '../crypto.ts';
import { createKeys } from '../keys.ts';
import { createLocks, type Proof } from '../locks.ts';
import { createVault } from '../vault.ts';
import { toEntryId } from './entry-id.ts';

export interface VictimJob {
  databaseName: string;
  /** `rotate`: new vault keys; `change`: another way to open; `add`: keys, in pairs; `import`: bundles. */
  task: 'rotate' | 'change' | 'add' | 'import';
  /** The two that take turns in opening it. */
  codes: readonly [Bytes, Bytes];
  destination: Destination;
  /** Before each secret that is added, and before the id of what comes in a bundle with it. */
  prefix: string;
  /** Stops by itself after so many; else it goes on. */
  limit?: number;
}
/** `true`: it begins. A text: this secret is saved. `done`: the limit is reached. */
export type VictimWord = true | { saved: string[] } | 'done';

onmessage = ({ data }: MessageEvent<VictimJob>) => void run(data);
postMessage('loaded');

async function run(job: VictimJob): Promise<void> {
  const say = (word: VictimWord) => postMessage(word);
  const ports = createTestPorts({ openDatabase: () => openDatabase(job.databaseName) });
  const locks = createLocks(ports);
  const proofs = job.codes.map((value): Proof => ({ kind: 'recovery', value }));
  const opens = (proof: Proof) =>
    locks.open(proof).then(
      (vaultKey) => vaultKey,
      () => undefined,
    );
  let turn = (await opens(proofs[0]!)) ? 0 : 1;
  const vault = createVault(ports, createChanges(ports));
  const keys = createKeys(ports, vault);
  const bundles = createBundles({
    ports,
    vault,
    permissions: { recheck: () => Promise.resolve() },
  });
  if (job.task === 'add' || job.task === 'import')
    await vault.unlock(await locks.open(proofs[turn]!));
  say(true);
  for (let count = 0; count < (job.limit ?? Infinity); count++) {
    const proof = proofs[turn]!;
    if (job.task === 'rotate') await locks.rotate({ keep: [proof] });
    else if (job.task === 'change') {
      const next = proofs[1 - turn]!;
      const remove = (await locks.list()).map(({ id }) => id);
      await locks.change(proof, { add: [{ proof: next }], remove });
      turn = 1 - turn;
    } else {
      const name = `${job.prefix}${count}`;
      const saved = ['a', 'b'].map((letter) => `${name}-${letter}`);
      if (job.task === 'add')
        await keys.add(
          job.destination,
          saved.map((secret) => ({ secret })),
        );
      else await bundles.importBundle(toBundle(job.destination.providerId, name, saved));
      say({ saved });
    }
  }
  say('done');
}

/** Something for each store that an import writes, all under one name. */
function toBundle(provider: string, name: string, secrets: readonly string[]): unknown {
  const id = toEntryId(name);
  const messages = ['a', 'b'].map((end, createdAt) => ({
    id: `${id}-${end}`,
    role: 'user',
    content: 'x'.repeat(2_000),
    state: 'done',
    createdAt,
  }));
  return {
    format: 'gatehouse-bundle',
    version: 1,
    providers: [{ id, format: 'openai-chat', baseUrl: 'https://box.example/v1' }],
    keys: secrets.map((secret) => ({ provider, label: secret, secret })),
    models: [{ id, routes: [{ provider, model: 'x' }] }],
    sites: [{ origin: `https://${id}.example`, decision: 'deny' }],
    chats: [{ id, title: id, createdAt: 1, updatedAt: 1, model: 'x', messages }],
  };
}
