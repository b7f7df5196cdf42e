import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { RouterError } from '../errors.ts';
import type {
  CatalogRecord,
  ChatRecord,
  KeyRecord,
  LogicalModelRecord,
  MessageRecord,
  ProfileRecord,
  ProviderRecord,
  RequestRecord,
  Settings,
  SiteRecord,
  SlotRecord,
  UsageRecord,
  VaultHeader,
} from './records.ts';
import { DATABASE_NAME } from './database-name.ts';
import { migrate, MIGRATIONS, type Migration } from './migrations.ts';
import { takeSnapshot } from './snapshot.ts';
import { toStorageError } from './transaction.ts';
import { holdUp, tellDatabaseState, watchOpening } from './upgrade-wait.ts';

export interface GatehouseSchema extends DBSchema {
  vault: { key: string; value: VaultHeader };
  slots: { key: string; value: SlotRecord };
  keys: { key: string; value: KeyRecord; indexes: { provider: string } };
  providers: { key: string; value: ProviderRecord };
  models: { key: string; value: LogicalModelRecord };
  /** Keyed `origin` or `origin topOrigin`. */
  sites: { key: string; value: SiteRecord };
  profiles: { key: string; value: ProfileRecord };
  /** One record, under the key `SETTINGS_KEY`. */
  settings: { key: string; value: Settings };
  catalog: { key: string; value: CatalogRecord };
  usage: { key: string; value: UsageRecord; indexes: { day: string; origin: string } };
  /** Anything small that must survive: rotation indexes, dates. */
  state: { key: string; value: unknown };
  chats: { key: string; value: ChatRecord; indexes: { updatedAt: number } };
  messages: { key: string; value: MessageRecord; indexes: { chat: [string, number] } };
  requests: { key: string; value: RequestRecord; indexes: { updatedAt: number } };
}

export { DATABASE_NAME };

export type GatehouseDatabase = IDBPDatabase<GatehouseSchema>;

export const SETTINGS_KEY = 'settings';

export interface OpenDatabaseOptions {
  /** Steps other than this version's, for a test of the upgrade. */
  migrations?: readonly Migration[];
}

/** One connection a context and name. It is forgotten when it closes, so the next call opens anew. */
const connections = new Map<string, Promise<GatehouseDatabase>>();

/**
 * Opens the one database of this host, or gives the connection that is open. Ask again before each
 * use and keep none: a newer version, or the browser itself, may close it at any time. Throws
 * `internal_error` where a tab of an older version holds up an upgrade for a minute; the upgrade goes
 * on waiting.
 */
export function openDatabase(
  name = DATABASE_NAME,
  options: OpenDatabaseOptions = {},
): Promise<GatehouseDatabase> {
  const open = connections.get(name);
  if (open) return open;
  const { tooLong, end } = watchOpening(name);
  const connection = connect(name, options).finally(end);
  const waiting = Promise.race([connection, tooLong]);
  connections.set(name, waiting);
  const isWaiting = () => connections.get(name) === waiting;
  connection.then(
    () => isWaiting() && connections.set(name, connection),
    () => isWaiting() && connections.delete(name),
  );
  return waiting;
}

async function connect(
  name: string,
  { migrations = MIGRATIONS }: OpenDatabaseOptions,
): Promise<GatehouseDatabase> {
  const open = () => openAt(name, migrations);
  if (!(await isOlder(name, migrations.length))) return open();
  // One page or worker copies and upgrades; the others find it done.
  return navigator.locks.request(`upgrade of ${name}`, async () => {
    if (await isOlder(name, migrations.length)) {
      await takeSnapshot(name, Date.now()).catch((error: unknown) => {
        throw toStorageError(error);
      });
    }
    return open();
  });
}

/** There is data, in the form of an older version. */
async function isOlder(name: string, version: number): Promise<boolean> {
  const stored = (await indexedDB.databases()).find((database) => database.name === name);
  return stored?.version !== undefined && stored.version < version;
}

async function openAt(name: string, migrations: readonly Migration[]): Promise<GatehouseDatabase> {
  let goOn: (() => void) | undefined;
  let failure: unknown;
  const gone = () => connections.delete(name);
  try {
    return await openDB<GatehouseSchema>(name, migrations.length, {
      upgrade(database, from, _to, transaction) {
        migrate(database, transaction, from, migrations).catch((error: unknown) => {
          failure = error;
          transaction.abort();
        });
        // The failure above is what is told.
        transaction.done.catch(() => undefined);
      },
      blocked() {
        goOn = holdUp(name);
      },
      // A newer version waits for us. It is the one to keep.
      blocking(_current, next, event) {
        gone();
        if (next !== null) tellDatabaseState('superseded');
        (event.target as IDBDatabase).close();
      },
      terminated: gone,
    });
  } catch (error) {
    throw toOpenError(failure ?? error, failure !== undefined);
  } finally {
    goOn?.();
  }
}

function toOpenError(error: unknown, upgrading: boolean): unknown {
  if (error instanceof DOMException && error.name === 'VersionError') {
    tellDatabaseState('superseded');
    return new RouterError(
      'internal_error',
      'A newer version of Gatehouse has opened the data. Reload this page to go on with it.',
      { cause: error },
    );
  }
  const known = toStorageError(error);
  if (known !== error || !upgrading) return known;
  return new RouterError(
    'internal_error',
    'Gatehouse could not bring its data into the form of this version. Nothing was changed: the version before still opens it.',
    { cause: error },
  );
}
