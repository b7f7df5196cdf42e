import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
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
const DATABASE_VERSION = 1;

/** Opens the one database of this host. Closes itself when a newer version wants to upgrade. */
export async function openDatabase(name = DATABASE_NAME): Promise<GatehouseDatabase> {
  const database = await openDB<GatehouseSchema>(name, DATABASE_VERSION, {
    upgrade(db) {
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
      db.createObjectStore('messages', { keyPath: 'id' }).createIndex('chat', [
        'chatId',
        'createdAt',
      ]);
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
    },
  });
  return database;
}
