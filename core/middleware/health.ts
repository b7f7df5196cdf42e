import type { Changes } from '../changes.ts';
import type { Ports } from '../ports.ts';
import { createCooldownTable, readCooldowns, type CooldownTable } from './cooldowns.ts';

/** The table of cooldowns where the worker's death can not reach it; in memory, so that a call pays nothing. */
export interface Health {
  table(): Promise<CooldownTable>;
  /** Writes it down and tells the screens. Not waited for: it is on the disk before the next answer. */
  changed(): void;
}

/** Small values that outlive the worker. */
export interface StateStore {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
}

export function createStateStore(ports: Pick<Ports, 'openDatabase'>): StateStore {
  return {
    get: async (name) => (await ports.openDatabase()).get('state', name),
    async put(name, value) {
      await (await ports.openDatabase()).put('state', value, name);
    },
  };
}

const NAME = 'cooldowns';

export function createHealth({
  ports,
  changes,
  store,
}: {
  ports: Pick<Ports, 'now'>;
  changes: Pick<Changes, 'listen' | 'publish'>;
  store: StateStore;
}): Health {
  let current: Promise<CooldownTable> | undefined;
  let writing: Promise<void> | undefined;
  let again = false;
  let telling = false;
  changes.listen((topic) => {
    // Another context of ours wrote it.
    if (topic === 'cooldowns' && !telling) current = undefined;
  });

  async function read(): Promise<CooldownTable> {
    await writing;
    // What can not be read must not stop the call: it is learnt anew.
    return createCooldownTable(readCooldowns(await store.get(NAME).catch(() => undefined)));
  }

  /** One write at a time; what came meanwhile goes into the next. */
  async function write(table: CooldownTable): Promise<void> {
    do {
      again = false;
      await store.put(NAME, table.toStored(ports.now())).catch(() => {}); // a full disk
    } while (again);
    telling = true;
    changes.publish({ topic: 'cooldowns' });
    telling = false;
  }

  const table = () => (current ??= read());
  return {
    table,
    changed() {
      again = true;
      writing ??= table()
        .then(write)
        .finally(() => (writing = undefined));
    },
  };
}
