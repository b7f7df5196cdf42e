import type { Control } from '../control.ts';
import type { Ports } from '../ports.ts';
import { createCopies, noteCopyTrouble, type Copies } from '../storage/copies.ts';
import { DATABASE_NAME } from '../storage/database.ts';
import { dropSnapshot, readSnapshot } from '../storage/snapshot.ts';
import { toStorageError } from '../storage/transaction.ts';
import { toDay } from '../usage/counter.ts';
import type { BundleExport, Bundles } from '../vault/bundle.ts';
import { eachChat } from '../vault/bundle-chats.ts';
import { SECTIONS, type Section } from '../vault/bundle-schema.ts';

type HeadSection = Exclude<Section, 'keys' | 'chats'>;
/** Chats are told one at a time. */
const HEAD = SECTIONS.filter(
  (section): section is HeadSection => section !== 'keys' && section !== 'chats',
);
const SNAPSHOT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Row X7: the copy of each day, whoever asks for it first: a page of ours, or the worker by itself. */
export function createCopiesControl({
  ports,
  bundles,
  copies = createCopies(),
}: {
  ports: Pick<Ports, 'openDatabase' | 'now' | 'publish' | 'keepAlive'>;
  bundles: Pick<Bundles, 'exportBundle'>;
  copies?: Copies;
}): Pick<Control, 'makeCopy' | 'makeDailyCopy'> {
  const { openDatabase, now, publish } = ports;

  const readHead = () => bundles.exportBundle({ sections: HEAD });

  async function make(head: BundleExport): Promise<void> {
    try {
      await copies.save(toDay(now()), toPieces(head, openDatabase));
    } catch (error) {
      const known = toStorageError(error);
      const trouble = { at: now(), full: known !== error };
      await noteCopyTrouble(await openDatabase(), trouble).catch(() => undefined);
      publish({ topic: 'copies' });
      throw known;
    }
    await noteCopyTrouble(await openDatabase(), undefined);
    publish({ topic: 'copies' });
  }

  async function isEmpty(head: BundleExport): Promise<boolean> {
    const isBare = HEAD.every((section) => Object.keys(head[section] ?? {}).length === 0);
    return isBare && (await (await openDatabase()).count('chats')) === 0;
  }

  async function dropOldSnapshot(): Promise<void> {
    const snapshot = await readSnapshot(DATABASE_NAME);
    if (snapshot && now() - snapshot.savedAt > SNAPSHOT_DAYS * DAY_MS)
      await dropSnapshot(DATABASE_NAME);
  }

  /** One page or worker makes it. */
  async function alone(options: LockOptions, work: () => Promise<void>): Promise<void> {
    const release = ports.keepAlive();
    try {
      await navigator.locks.request('gatehouse-backup', options, async (lock) => {
        if (lock) await work();
      });
    } finally {
      release();
    }
  }

  return {
    makeCopy: () => alone({}, async () => make(await readHead())),
    makeDailyCopy: () =>
      alone({ ifAvailable: true }, async () => {
        if (!(await copies.has(toDay(now())))) {
          const head = await readHead();
          if (!(await isEmpty(head))) await make(head);
        }
        await dropOldSnapshot();
      }),
  };
}

/** A chat at a time: no call waits for the whole of it, and the worker never holds it. */
async function* toPieces(
  head: BundleExport,
  openDatabase: Ports['openDatabase'],
): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"chats":[`;
  let comma = '';
  for await (const chat of eachChat(openDatabase)) {
    yield comma + JSON.stringify(chat);
    comma = ',\n';
  }
  yield ']}\n';
}
