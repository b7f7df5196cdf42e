import type { Control, ProviderInput, ProviderView } from '../control.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { fillBaseUrl, readBaseUrlFields } from '../providers/base-url-template.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import { CATALOG } from '../providers/catalog.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import { connectUrl } from '../providers/connect.ts';
import { detectKeys } from '../providers/key-detection.ts';
import { gatewayRoot } from '../providers/gateway.ts';
import { mergeProvider, type ProviderEntry } from '../providers/merge.ts';
import { findLocal, probeBaseUrl } from '../providers/probe.ts';
import { isComplete, needsKey, type Provider } from '../providers/provider.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import { checkRecord } from '../storage/read.ts';
import type { KeyRecord, ProviderRecord } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';
import { saveBackup, VAULT_STORES } from '../vault/backup.ts';
import type { Keys } from '../vault/keys.ts';
import { isSameDestination } from '../vault/vault.ts';
import { toKeyView } from './key-view.ts';

export type ProvidersControl = Pick<
  Control,
  | 'listProviders'
  | 'saveProvider'
  | 'deleteProvider'
  | 'probeProvider'
  | 'findLocalServers'
  | 'detectKeys'
>;

export interface ProvidersControlParts {
  ports: Pick<Ports, 'fetch' | 'now' | 'openDatabase' | 'publish'>;
  registry: Pick<Registry, 'all'>;
  catalogue: Pick<Catalogue, 'learn'>;
  keys: Pick<Keys, 'list'>;
}

export function createProvidersControl({
  ports,
  registry,
  catalogue,
  keys,
}: ProvidersControlParts): ProvidersControl {
  const rowOf = (id: string) => CATALOG.find((row) => row.id === id);

  return {
    async listProviders() {
      const [{ entries, setAside }, records] = await Promise.all([registry.all(), keys.list()]);
      const problems = new Map(setAside.map(({ id, reason }) => [id, reason]));
      return entries.map((entry) =>
        toView(
          entry,
          records.filter(({ provider }) => provider === entry.provider.id),
          problems.get(entry.provider.id),
          entries,
        ),
      );
    },

    async saveProvider(input) {
      const { byName } = await registry.all();
      const row = rowOf(input.id);
      const way = input.gateway && toWay(input.gateway, byName);
      const taken = byName.get(input.id.toLowerCase());
      if (!row && taken && taken.provider.id !== input.id)
        throw refused(`${input.id} is another name of ${taken.provider.name}.`, 'id');
      const stale = await change(ports.openDatabase, ['providers', 'keys'], async (transaction) => {
        const store = transaction.objectStore('providers');
        const before = await store.get(input.id);
        const record = toRecord(row, before, way ? { ...input, ...way } : input);
        const merged = mergeProvider(row, record);
        if (typeof merged === 'string') throw refused(merged);
        const saved = await transaction.objectStore('keys').index('provider').getAll(input.id);
        await (Object.keys(record).length > 1 ? store.put(record) : store.delete(input.id));
        return movedKeys(saved, mergeProvider(row, before), merged.provider);
      });
      ports.publish({ topic: 'providers' });
      return { keysToReenter: stale };
    },

    async deleteProvider(id) {
      const stores = [...VAULT_STORES, 'providers', 'catalog'] as const;
      await change(ports.openDatabase, [...stores], async (transaction) => {
        if (!(await transaction.objectStore('providers').get(id)))
          throw refused(`There is nothing of yours stored for ${id}.`, 'id');
        await transaction.objectStore('providers').delete(id);
        await transaction.objectStore('catalog').delete(id);
        if (rowOf(id)) return; // a known provider keeps its keys: those bound to its own address open again
        const store = transaction.objectStore('keys');
        for (const key of await store.index('provider').getAllKeys(id)) await store.delete(key);
        await saveBackup(transaction, ports.now());
      });
      for (const topic of ['providers', 'keys', 'models'] as const) ports.publish({ topic });
    },

    probeProvider: (baseUrl, secret) => probeBaseUrl(ports, baseUrl, secret),

    async findLocalServers() {
      const { entries } = await registry.all();
      const local = entries.filter(({ row, provider }) => row?.local && provider.local);
      return Promise.all(
        local.map(async ({ provider }) => {
          const { listed, ...server } = await findLocal(ports, provider);
          if (listed) await catalogue.learn(provider, listed);
          return server;
        }),
      );
    },

    async detectKeys(text) {
      const { entries } = await registry.all();
      return detectKeys(
        text,
        entries.map(({ provider }) => provider),
      );
    },
  };
}

/** What is stored after a change: only what differs from the known row. */
function toRecord(
  row: Provider | undefined,
  before: ProviderRecord | undefined,
  input: ProviderInput,
): ProviderRecord {
  const { id, name, format, auth, headers, models, enabled, order } = input;
  const record: Record<string, unknown> = { ...before, id };
  const baseUrl = toBaseUrl(row, input);
  const changes = { name: name?.trim() || undefined, format, baseUrl, auth, headers, models };
  if (input.gateway === null && record.gateway !== undefined) {
    delete record.gateway;
    delete record.baseUrl;
  }
  if (input.gateway) {
    const { through, attempts } = input.gateway;
    record.gateway = { through, ...(attempts !== undefined && { attempts }) };
  }
  for (const [field, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const own = row?.[field as keyof Provider];
    if (own !== undefined && isSame(own, value)) delete record[field];
    else if (isSame(value, {}) && own === undefined) delete record[field];
    else record[field] = value;
  }
  // Kept even where it is what the row has: that a person switched a local server on means something.
  if (enabled !== undefined) record.enabled = enabled;
  if (order !== undefined) record.order = order;
  const checked = checkRecord('providers', record);
  if ('reason' in checked) throw refused(`That does not fit: ${checked.reason}.`);
  return checked.record;
}

/** Where a provider is at a gateway. Throws `invalid_request`. */
function toWay(
  { through, path }: NonNullable<ProviderInput['gateway']>,
  byName: ReadonlyMap<string, ProviderEntry>,
): { baseUrl: string } {
  const gateway = byName.get(through)?.provider;
  if (gateway?.asGateway === undefined) throw refused(`${through} is no gateway.`, 'gateway');
  const root = gatewayRoot(gateway);
  if (root === undefined)
    throw refused(`Fill in the address of ${gateway.name} first.`, 'gateway.through');
  const plain = path.trim().replace(/^\/+|\/+$/g, '');
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(plain) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(plain))
    throw refused('The path at the gateway looks like openai or anthropic/v1.', 'gateway.path');
  return { baseUrl: root + plain };
}

function toBaseUrl(row: Provider | undefined, input: ProviderInput): string | undefined {
  if (input.baseUrlFields && row?.baseUrlFields) {
    const filled = fillBaseUrl(row, input.baseUrlFields);
    if ('reason' in filled) throw refused(filled.reason, 'baseUrlFields');
    return filled.url;
  }
  if (input.baseUrl === undefined || input.baseUrl === row?.baseUrl) return input.baseUrl;
  const check = checkBaseUrl(input.baseUrl);
  if (!check.ok) throw refused(check.reason, 'baseUrl');
  return check.url;
}

/** Ids of the keys that opened for the old destination and do not for the new one. */
function movedKeys(
  saved: readonly KeyRecord[],
  before: ProviderEntry | string,
  after: Provider,
): string[] {
  const now = destinationOf(after);
  const old = typeof before === 'string' ? undefined : destinationOf(before.provider);
  return saved
    .filter(({ destination }) => !isSameDestination(destination, now))
    .filter(({ destination }) => old === undefined || isSameDestination(destination, old))
    .map(({ id }) => id);
}

function toView(
  { provider, enabled, row, record }: ProviderEntry,
  keys: readonly KeyRecord[],
  problem: string | undefined,
  entries: readonly ProviderEntry[],
): ProviderView {
  const { id, name, format, baseUrl, auth, keyUrl, defaultModel, browserCors, models } = provider;
  const values = row && readBaseUrlFields(row, baseUrl);
  return {
    id,
    name,
    format,
    baseUrl,
    auth,
    headers: { ...provider.headers },
    ...(keyUrl !== undefined && { keyUrl }),
    ...(defaultModel !== undefined && { defaultModel }),
    local: provider.local ?? false,
    builtIn: provider.builtIn ?? false,
    ...(provider.onDevice && { onDevice: true }),
    custom: row === undefined,
    overridden: row !== undefined && record !== undefined && !isOnlySwitched(record),
    enabled,
    ...(browserCors !== undefined && { browserCors }),
    needsKey: needsKey(provider),
    ...(row?.baseUrlFields && {
      baseUrlFields: row.baseUrlFields.map((field) => ({
        name: field.name,
        label: field.label,
        example: field.example,
        value: values?.[field.name] ?? '',
      })),
    }),
    ...(!isComplete(provider) && { incomplete: true }),
    ...(provider.connect && { connectUrl: connectUrl(provider, provider.connect) }),
    ...(provider.asGateway && { asGateway: { paths: { ...provider.asGateway.paths } } }),
    ...(provider.gateway && { gateway: toGatewayView(provider, provider.gateway, entries) }),
    ...(models && !provider.builtIn && { models: [...models] }),
    ...(problem !== undefined && { problem }),
    keys: keys.map(toKeyView),
  };
}

function toGatewayView(
  { baseUrl }: Provider,
  gateway: NonNullable<Provider['gateway']>,
  entries: readonly ProviderEntry[],
): NonNullable<ProviderView['gateway']> {
  const through = entries.find(({ provider }) => provider.id === gateway.through)?.provider;
  const root = (through && gatewayRoot(through)) ?? '';
  return { ...gateway, path: root && baseUrl.startsWith(root) ? baseUrl.slice(root.length) : '' };
}

/** On, off and order are no changes of what the provider is. */
function isOnlySwitched(record: ProviderRecord): boolean {
  return Object.keys(record).every((field) => ['id', 'enabled', 'order'].includes(field));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function refused(message: string, param?: string): RouterError {
  return new RouterError('invalid_request', message, param === undefined ? {} : { param });
}
