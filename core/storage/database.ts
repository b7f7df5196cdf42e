import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { RouterError } from '../errors.ts';
import type {
  CatalogRecord,
  ChatRecord,
  KeyRecord,
  LogicalModelRecord,
  MessageRecord,
  ProviderRecord,
  Settings,
  SiteRecord,
  SlotRecord,
  UsageRecord,
  VaultHeader,
} from './records.ts';

export interface GatehouseSchema extends DBSchema {
  vault: { key: string; value: VaultHeader };
  slots: { key: string; value: SlotRecord };
  keys: { key: string; value: KeyRecord; indexes: { provider: string } };
  providers: { key: string; value: ProviderRecord };
  models: { key: string; value: LogicalModelRecord };
  /** Keyed `origin` or `origin topOrigin`. */
  sites: { key: string; value: SiteRecord };
  /** One record, under the key `SETTINGS_KEY`. */
  settings: { key: string; value: Settings };
  catalog: { key: string; value: CatalogRecord };
  usage: { key: string; value: UsageRecord; indexes: { day: string; origin: string } };
  /** Anything small that must survive: rotation indexes, dates. */
  state: { key: string; value: unknown };
  chats: { key: string; value: ChatRecord; indexes: { updatedAt: number } };
  messages: { key: string; value: MessageRecord; indexes: { chat: [string, number] } };
}

export type GatehouseDatabase = IDBPDatabase<GatehouseSchema>;

export const DATABASE_NAME = 'gatehouse';
export const SETTINGS_KEY = 'settings';
const DATABASE_VERSION = 1;
const BLOCKED_NOTICE_MS = 3_000;

export interface OpenDatabaseOptions {
  /** Told when an upgrade has waited 3 s for other pages of ours to let go of the old version. */
  onBlocked?: () => void;
}

/** One connection a context and name. It is forgotten when it closes, so the next call opens anew. */
const connections = new Map<string, Promise<GatehouseDatabase>>();

/**
 * Opens the one database of this host, or gives the connection that is open. Ask again before each
 * use and keep none: a newer version, or the browser itself, may close it at any time.
 */
export function openDatabase(
  name = DATABASE_NAME,
  options: OpenDatabaseOptions = {},
): Promise<GatehouseDatabase> {
  const open = connections.get(name);
  if (open) return open;
  const connection = connect(name, options);
  connections.set(name, connection);
  connection.catch(() => forget(name, connection));
  return connection;
}

function forget(name: string, connection: Promise<GatehouseDatabase>): void {
  if (connections.get(name) === connection) connections.delete(name);
}

async function connect(
  name: string,
  { onBlocked }: OpenDatabaseOptions,
): Promise<GatehouseDatabase> {
  let notice: ReturnType<typeof setTimeout> | undefined;
  const gone = () => connections.delete(name);
  try {
    return await openDB<GatehouseSchema>(name, DATABASE_VERSION, {
      upgrade,
      blocked() {
        if (onBlocked) notice = setTimeout(onBlocked, BLOCKED_NOTICE_MS);
      },
      // A newer version waits for us. It is the one to keep.
      blocking(_current, _blocked, event) {
        gone();
        (event.target as IDBDatabase).close();
      },
      terminated: gone,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'VersionError')
      throw new RouterError(
        'internal_error',
        'A newer version of Gatehouse has opened the data. Reload this page to go on with it.',
        { cause: error },
      );
    throw error;
  } finally {
    clearTimeout(notice);
  }
}

function upgrade(db: GatehouseDatabase): void {
  db.createObjectStore('vault', { keyPath: 'id' });
  db.createObjectStore('slots', { keyPath: 'id' });
  db.createObjectStore('keys', { keyPath: 'id' }).createIndex('provider', 'provider');
  db.createObjectStore('providers', { keyPath: 'id' });
  db.createObjectStore('models', { keyPath: 'id' });
  db.createObjectStore('sites');
  db.createObjectStore('settings');
  db.createObjectStore('catalog', { keyPath: 'provider' });
  const usage = db.createObjectStore('usage', { keyPath: 'id' });
  usage.createIndex('day', 'day');
  usage.createIndex('origin', 'origin');
  db.createObjectStore('state');
  db.createObjectStore('chats', { keyPath: 'id' }).createIndex('updatedAt', 'updatedAt');
  db.createObjectStore('messages', { keyPath: 'id' }).createIndex('chat', ['chatId', 'createdAt']);
}
