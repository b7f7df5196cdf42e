/** What to do with a record that does not fit: keep a copy of it, or delete it. */
import type { Ports } from '../ports.ts';
import { RouterError } from '../errors.ts';
import { saveBackup, VAULT_STORES } from '../vault/backup.ts';
import { checkRecord, findSetAside, type SetAside, type SettingsStore } from './read.ts';
import { fittingSettings } from './settings.ts';
import { change } from './transaction.ts';

/** Of these a copy holds what is named and no more: what is not known may be a secret. */
const SHOWN: Partial<Record<SettingsStore, readonly string[]>> = {
  keys: ['id', 'provider', 'label', 'enabled', 'weight', 'models', 'createdAt'],
  slots: ['id', 'kind', 'createdAt', 'label'],
  vault: ['id', 'v', 'vaultId', 'epoch', 'createdAt'],
};
const LEFT_OUT = '(left out)';

/** What opens the keys is not deleted here: without it they are lost. */
export function isDeletable(
  store: SettingsStore,
): store is Exclude<SettingsStore, 'vault' | 'slots'> {
  return store !== 'vault' && store !== 'slots';
}

/** The record as JSON that a person can keep or send: no secret, sealed or not, is in it. */
export async function copySetAside(
  { openDatabase }: Pick<Ports, 'openDatabase'>,
  store: string,
  key: string,
): Promise<string> {
  const database = await openDatabase();
  const found = find(await findSetAside(database), store, key);
  const transaction = database.transaction(found.store);
  const keys = await transaction.store.getAllKeys();
  const values: unknown[] = await transaction.store.getAll();
  const record = values[keys.findIndex((each) => String(each) === key)];
  const { reason } = found;
  return JSON.stringify(
    { store, key, reason, record: withoutSecrets(found.store, record) },
    null,
    2,
  );
}

/** Deletes it, if it still does not fit. Of the settings only the fields that do not fit go. */
export async function deleteSetAside(
  ports: Pick<Ports, 'openDatabase' | 'publish' | 'now'>,
  store: string,
  key: string,
): Promise<void> {
  const { store: topic } = find(await findSetAside(await ports.openDatabase()), store, key);
  if (!isDeletable(topic))
    throw new RouterError(
      'invalid_request',
      'This opens your keys, so it is not deleted here. Restore it from a copy under Settings, Security.',
    );
  await change(ports.openDatabase, [...VAULT_STORES, topic], async (transaction) => {
    const records = transaction.objectStore(topic);
    for (const each of await records.getAllKeys()) {
      if (String(each) !== key) continue;
      const value: unknown = await records.get(each);
      // Another page may have put it right meanwhile.
      if ('record' in checkRecord(topic, value)) continue;
      if (topic === 'settings')
        await transaction.objectStore('settings').put(fittingSettings(value), each);
      else await records.delete(each);
    }
    if (topic === 'keys') await saveBackup(transaction, ports.now());
  });
  ports.publish({ topic });
}

function find(
  all: readonly SetAside<SettingsStore>[],
  store: string,
  key: string,
): SetAside<SettingsStore> {
  const found = all.find((each) => each.store === store && each.key === key);
  if (found) return found;
  throw new RouterError('invalid_request', 'It is not there any more, or it fits by now.');
}

function withoutSecrets(store: SettingsStore, record: unknown): unknown {
  const shown = SHOWN[store];
  if (!isObject(record)) return shown ? LEFT_OUT : toPlain(record);
  const entries = Object.entries(record).map(([name, value]) => [
    name,
    shown && !shown.includes(name)
      ? LEFT_OUT
      : name === 'headers'
        ? toNames(value)
        : toPlain(value),
  ]);
  return Object.fromEntries(entries);
}

/** A header's value may be a key. */
function toNames(headers: unknown): unknown {
  if (!isObject(headers)) return LEFT_OUT;
  return Object.fromEntries(Object.keys(headers).map((name) => [name, LEFT_OUT]));
}

/** As JSON can hold it; bytes and keys of the browser are left out. */
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toPlain(each)]));
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' && value !== null ? LEFT_OUT : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
