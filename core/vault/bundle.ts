import { RouterError } from '../errors.ts';
import { toSiteKey } from '../permissions/match.ts';
import type { Permissions } from '../permissions/grants.ts';
import type { Change, Ports } from '../ports.ts';
import { CATALOG } from '../providers/catalog.ts';
import { mergeProviders } from '../providers/merge.ts';
import { SETTINGS_KEY } from '../storage/database.ts';
import { checkRecord } from '../storage/read.ts';
import type {
  KeyRecord,
  LogicalModelRecord,
  ProviderRecord,
  Settings,
  SiteRecord,
} from '../storage/records.ts';
import { fittingSettings } from '../storage/settings.ts';
import { change, type WriteTransaction } from '../storage/transaction.ts';
import { saveBackup } from './backup.ts';
import { findKeysToReenter, planKeys, type KeysPlan } from './bundle-keys.ts';
import {
  planModels,
  planProviders,
  planSettings,
  planSites,
  toCanonical,
  type ImportMode,
  type SectionDiff,
  type SectionPlan,
} from './bundle-plan.ts';
import { faulty, SECTIONS, toBundle, type Bundle, type Section } from './bundle-schema.ts';
import type { Vault } from './vault.ts';

/** What an import changed, or would change. Only the sections that the bundle holds. */
export interface BundleDiff extends Partial<Record<Section, SectionDiff>> {
  dryRun: boolean;
  mode: ImportMode;
  /** Saved keys that no longer fit the address of their provider, and must be entered again. */
  keysToReenter: string[];
}

export interface ImportOptions {
  mode?: ImportMode;
  dryRun?: boolean;
}

/** Whoever calls these must be a page of ours: the router checks the caller. */
export interface Bundles {
  /** All but the keys, whose file is another: encrypted. */
  exportBundle(sections?: readonly Exclude<Section, 'keys'>[]): Promise<Bundle>;
  /**
   * Takes over every section that the bundle holds, all of it or nothing. A dry run writes nothing and
   * answers the same, with faults in `errors`. Throws `invalid_request` with the path that is wrong,
   * `storage_full`, `vault_locked`.
   */
  importBundle(input: unknown, options?: ImportOptions): Promise<BundleDiff>;
}

const STORES = ['providers', 'keys', 'models', 'sites', 'settings'] as const;
type Store = (typeof STORES)[number];
const WRITTEN = [...STORES, 'vault', 'slots', 'state'] as const;

/** Somebody else's change between reading and writing makes us plan again. */
const ATTEMPTS = 5;

export function createBundles({
  ports,
  vault,
  permissions,
}: {
  ports: Ports;
  vault: Vault;
  permissions: Pick<Permissions, 'recheck'>;
}): Bundles {
  const { openDatabase, now, publish } = ports;

  async function read(): Promise<State> {
    const transaction = (await openDatabase()).transaction([...STORES]);
    return readState((store) => transaction.objectStore(store).getAll());
  }

  async function plan(state: State, bundle: Bundle, mode: ImportMode) {
    const providers = planProviders(state.providers, bundle.providers, mode);
    const keys =
      bundle.keys &&
      (await planKeys(state.keys, bundle.keys, mode, providers.set, { ...ports, vault }));
    const models = bundle.models && planModels(state.models, bundle.models, mode);
    const sites = bundle.sites && planSites(state.sites, bundle.sites, mode, now());
    const settings = bundle.settings && planSettings(state.settings, bundle.settings, mode);
    const before = mergeProviders(CATALOG, [...state.providers.values()]);
    return {
      providers: bundle.providers && providers,
      keys,
      models,
      sites,
      settings,
      keysToReenter: findKeysToReenter(state.keys, before, providers.set, keys),
    };
  }
  type Plan = Awaited<ReturnType<typeof plan>>;

  /** False where what is stored is no longer what was planned on. */
  async function commit(state: State, planned: Plan, mode: ImportMode): Promise<boolean> {
    const keys = planned.keys && (await seal(planned.keys, vault));
    return change(openDatabase, [...WRITTEN], async (transaction) => {
      const current = await readState((store) => transaction.objectStore(store).getAll());
      if (current.fingerprint !== state.fingerprint) return false;
      const header = await transaction.objectStore('vault').get('vault');
      if (keys?.some(({ sealed }) => sealed.epoch !== header?.epoch)) return false;
      await Promise.all([
        ...(planned.keys ? writeKeys(transaction, keys ?? [], planned.keys.removes) : []),
        ...(planned.providers
          ? writeSection(transaction, 'providers', planned.providers, mode)
          : []),
        ...(planned.models ? writeSection(transaction, 'models', planned.models, mode) : []),
        ...(planned.sites ? writeSection(transaction, 'sites', planned.sites, mode) : []),
        ...(planned.settings ? writeSettings(transaction, planned.settings) : []),
      ]);
      if (planned.keys) await saveBackup(transaction, now());
      return true;
    });
  }

  return {
    async exportBundle(sections = ['providers', 'models', 'sites', 'settings']) {
      const state = await read();
      const bundle: Bundle = {
        format: 'gatehouse-bundle',
        version: 1,
        createdAt: new Date(now()).toISOString(),
      };
      if (sections.includes('providers')) bundle.providers = inOrder(state.providers);
      if (sections.includes('models')) bundle.models = [...state.models.values()];
      if (sections.includes('sites')) bundle.sites = [...state.sites.values()].map(withoutDates);
      if (sections.includes('settings')) bundle.settings = state.settings;
      return bundle;
    },
    async importBundle(input, { mode = 'merge', dryRun = false } = {}) {
      const bundle = toBundle(input);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const state = await read();
        const planned = await plan(state, bundle, mode);
        const diff: BundleDiff = { dryRun, mode, keysToReenter: planned.keysToReenter };
        for (const section of SECTIONS) {
          const part = planned[section];
          if (part) diff[section] = part.diff;
        }
        if (dryRun) return diff;
        const faults = SECTIONS.flatMap((section) => diff[section]?.errors ?? []);
        if (faults.length > 0) throw faulty(faults);
        if (!(await commit(state, planned, mode))) continue;
        for (const topic of SECTIONS.filter((section) => diff[section]))
          publish({ topic } satisfies Change);
        if (diff.sites) await permissions.recheck();
        return diff;
      }
      throw new RouterError(
        'internal_error',
        'The settings are being changed somewhere else. Try again in a moment.',
      );
    },
  };
}

interface State {
  providers: Map<string, ProviderRecord>;
  keys: KeyRecord[];
  models: Map<string, LogicalModelRecord>;
  sites: Map<string, SiteRecord>;
  settings: Settings;
  /** Equal for equal contents, also of what does not fit its schema. */
  fingerprint: string;
}

async function readState(getAll: (store: Store) => Promise<unknown[]>): Promise<State> {
  const [providers = [], keys = [], models = [], sites = [], settings = []] = await Promise.all(
    STORES.map(getAll),
  );
  const fitting = <Name extends 'providers' | 'keys' | 'models' | 'sites'>(
    store: Name,
    values: readonly unknown[],
  ) =>
    values.flatMap((value) => {
      const checked = checkRecord(store, value);
      return 'record' in checked ? [checked.record] : [];
    });
  return {
    providers: toMap(fitting('providers', providers), ({ id }) => id),
    keys: fitting('keys', keys),
    models: toMap(fitting('models', models), ({ id }) => id),
    sites: toMap(fitting('sites', sites), toSiteKey),
    settings: fittingSettings(settings[0]),
    fingerprint: toCanonical([providers, keys, models, sites, settings]),
  };
}

function toMap<Item>(items: readonly Item[], toKey: (item: Item) => string): Map<string, Item> {
  return new Map(items.map((item) => [toKey(item), item]));
}

function withoutDates(site: SiteRecord): SiteRecord {
  const kept = { ...site };
  delete kept.createdAt;
  delete kept.lastUsedAt;
  return kept;
}

function seal({ writes }: KeysPlan, vault: Vault): Promise<KeyRecord[]> {
  return Promise.all(
    writes.map(async ({ record, secret }) => {
      const sealed =
        secret === undefined
          ? record.sealed
          : await vault.seal(secret, record.id, record.destination);
      if (!sealed) throw new Error('A key without a secret was planned.');
      return { ...record, sealed };
    }),
  );
}

type Writing = WriteTransaction<(typeof WRITTEN)[number]>;
type Writes = Promise<unknown>[];

function writeKeys(
  transaction: Writing,
  records: readonly KeyRecord[],
  removes: readonly string[],
): Writes {
  const store = transaction.objectStore('keys');
  return [...removes.map((id) => store.delete(id)), ...records.map((record) => store.put(record))];
}

/** Replacing also clears away what did not fit its schema. */
function writeSection(
  transaction: Writing,
  name: 'providers' | 'models' | 'sites',
  { after, diff }: SectionPlan<ProviderRecord | LogicalModelRecord | SiteRecord>,
  mode: ImportMode,
): Writes {
  // One store's types for all three, because TypeScript can't tell that record and store go together.
  const store = transaction.objectStore(name as 'sites');
  const changed = new Set([...diff.add, ...diff.overwrite]);
  const written = [...after].filter(([key]) => mode === 'replace' || changed.has(key));
  return [
    ...(mode === 'replace' ? [store.clear()] : []),
    ...written.map(([key, item]) =>
      // Only a site's key is not in its record.
      name === 'sites' ? store.put(item as SiteRecord, key) : store.put(item as SiteRecord),
    ),
  ];
}

function writeSettings(transaction: Writing, { after }: SectionPlan<{ value: unknown }>): Writes {
  const value = Object.fromEntries([...after].map(([name, each]) => [name, each.value]));
  return [transaction.objectStore('settings').put(value, SETTINGS_KEY)];
}

/**
 * As the person has them. A place that the bundle's own order tells already is not written: reading it
 * again gives the same one.
 */
function inOrder(providers: ReadonlyMap<string, ProviderRecord>): ProviderRecord[] {
  const place = ({ order = Infinity }: ProviderRecord) => order;
  return [...providers.values()]
    .sort((one, other) => (place(one) === place(other) ? 0 : place(one) - place(other)))
    .map((record, index) => {
      if (record.order !== index) return record;
      const placed = { ...record };
      delete placed.order;
      return placed;
    });
}
