/** Reads what is stored through its schema, so that one bad record never hides the others. */
import type { z } from '../zod.ts';
import type { GatehouseDatabase, GatehouseSchema } from './database.ts';
import {
  catalogRecord,
  chatRecord,
  keyRecord,
  logicalModelRecord,
  messageRecord,
  profileRecord,
  providerRecord,
  requestRecord,
  settings,
  siteRecord,
  slotRecord,
  usageRecord,
  vaultHeader,
} from './records.ts';
import type { StoreName } from './transaction.ts';

type CheckedStore = Exclude<StoreName, 'state'>;

const SCHEMAS: { readonly [Name in CheckedStore]: z.ZodMiniType<GatehouseSchema[Name]['value']> } =
  Object.freeze({
    vault: vaultHeader,
    slots: slotRecord,
    keys: keyRecord,
    providers: providerRecord,
    models: logicalModelRecord,
    profiles: profileRecord,
    sites: siteRecord,
    settings,
    catalog: catalogRecord,
    usage: usageRecord,
    chats: chatRecord,
    messages: messageRecord,
    requests: requestRecord,
  });

/**
 * A record that was set aside. It stays where it is, untouched: an older page of ours may have met
 * what a newer one wrote.
 */
export interface SetAside<Name extends CheckedStore = CheckedStore> {
  store: Name;
  key: string;
  /** Where it does not fit and why; holds no value of the record. */
  reason: string;
}

export interface Records<Name extends CheckedStore> {
  records: GatehouseSchema[Name]['value'][];
  setAside: SetAside<Name>[];
}

const SETTINGS_STORES = Object.freeze([
  'vault',
  'slots',
  'keys',
  'providers',
  'models',
  'profiles',
  'sites',
  'settings',
] as const);
export type SettingsStore = (typeof SETTINGS_STORES)[number];

/** The value as its schema has it (defaults filled in), or where and why it does not fit. */
export function checkRecord<Name extends CheckedStore>(
  store: Name,
  value: unknown,
): { record: GatehouseSchema[Name]['value'] } | { reason: string; path: string } {
  const result = SCHEMAS[store].safeParse(value);
  if (result.success) return { record: result.data };
  const { issues } = result.error;
  return { reason: issues.map(toReason).join('; '), path: toPath(issues[0]?.path ?? []) };
}

/** All records of a store that fit, and what was set aside. */
export async function readRecords<Name extends CheckedStore>(
  db: GatehouseDatabase,
  store: Name,
): Promise<Records<Name>> {
  const transaction = db.transaction(store);
  const [keys, values] = await Promise.all([
    transaction.store.getAllKeys(),
    transaction.store.getAll(),
  ]);
  const answer: Records<Name> = { records: [], setAside: [] };
  values.forEach((value, index) => {
    const checked = checkRecord(store, value);
    if ('record' in checked) answer.records.push(checked.record);
    else answer.setAside.push({ store, key: String(keys[index]), reason: checked.reason });
  });
  return answer;
}

/** One record; `undefined` where there is none, or none that fits. */
export async function readRecord<Name extends CheckedStore>(
  db: GatehouseDatabase,
  store: Name,
  key: string,
): Promise<GatehouseSchema[Name]['value'] | undefined> {
  const value = await db.get(store, key);
  if (value === undefined) return undefined;
  const checked = checkRecord(store, value);
  return 'record' in checked ? checked.record : undefined;
}

/** What was set aside in all stores of settings, for a banner. Chats have their own. */
export async function findSetAside(db: GatehouseDatabase): Promise<SetAside<SettingsStore>[]> {
  const found = await Promise.all(
    SETTINGS_STORES.map((store) => readRecords<SettingsStore>(db, store)),
  );
  return found.flatMap(({ setAside }) => setAside);
}

/** For a person to read: `baseUrl: expected string, received number`; `label: is missing`. */
function toReason({ path, message }: z.core.$ZodIssue): string {
  const where = toPath(path);
  const what = message
    .replace(/^Invalid input: /, '')
    .replace(/^expected .*, received undefined$/, 'is missing');
  return where === '' ? what : `${where}: ${what}`;
}

/** `['models', 4, 'routes', 0]` as `models[4].routes[0]`. */
export function toPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
