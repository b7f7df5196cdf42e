/** A context that changes the vault over and over until it is killed. */
import { createChanges } from '../../changes.ts';
import { openDatabase } from '../../storage/database.ts';
import type { Destination } from '../../storage/records.ts';
import { createTestPorts } from '../../testing/ports.ts';
import type { Bytes } from '../crypto.ts';
import { createKeys } from '../keys.ts';
import { createLocks, type Proof } from '../locks.ts';
import { createVault } from '../vault.ts';

export interface VictimJob {
  databaseName: string;
  /** `rotate`: new vault keys; `change`: another way to open; `add`: keys, in pairs. */
  task: 'rotate' | 'change' | 'add';
  /** The two that take turns in opening it. */
  codes: readonly [Bytes, Bytes];
  destination: Destination;
  /** Before each secret that is added. */
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
  if (job.task === 'add') await vault.unlock(await locks.open(proofs[turn]!));
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
      const saved = ['a', 'b'].map((letter) => `${job.prefix}${count}-${letter}`);
      await keys.add(
        job.destination,
        saved.map((secret) => ({ secret })),
      );
      say({ saved });
    }
  }
  say('done');
}
