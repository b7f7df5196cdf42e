import { RouterError } from '../errors.ts';
import { toSiteKey } from '../permissions/match.ts';
import type { Permissions } from '../permissions/grants.ts';
import type { Change, Ports } from '../ports.ts';
import { CATALOG } from '../providers/catalog.ts';
import { mergeProviders, type ProviderSet } from '../providers/merge.ts';
import { isComplete } from '../providers/provider.ts';
import { destinationOf } from '../providers/registry.ts';
import { SETTINGS_KEY } from '../storage/database.ts';
import { checkRecord } from '../storage/read.ts';
import type {
  Destination,
  KeyRecord,
  LogicalModelRecord,
  ProfileRecord,
  ProviderRecord,
  Settings,
  SiteRecord,
} from '../storage/records.ts';
import { fittingSettings } from '../storage/settings.ts';
import { change, type WriteTransaction } from '../storage/transaction.ts';
import { saveBackup } from './backup.ts';
import { planChats, readChats, writeChats } from './bundle-chats.ts';
import { resolveConflicts, type ConflictPolicy } from './bundle-conflicts.ts';
import { leaveOut, toDraft } from './bundle-faults.ts';
import { findKeysToReenter, planKeys, toName, type KeysPlan } from './bundle-keys.ts';
import {
  findTakenProfiles,
  findUnknownProfiles,
  planModels,
  planProfiles,
  planProviders,
  planSettings,
  planSites,
  toCanonical,
  type ImportMode,
  type SectionDiff,
  type SectionPlan,
} from './bundle-plan.ts';
import {
  faulty,
  findFaults,
  SECTIONS,
  type Bundle,
  type BundleKey,
  type Fault,
  type Section,
} from './bundle-schema.ts';
import { encryptTo } from './one-time-key.ts';
import { isSameDestination, type Vault } from './vault.ts';

/** What an import changed, or would change. Only the sections that the bundle holds. */
export interface BundleDiff extends Partial<Record<Section, SectionDiff>> {
  dryRun: boolean;
  mode: ImportMode;
  /** Saved keys that no longer fit the address of their provider, and must be entered again. */
  keysToReenter: string[];
  /** Where calls, and the keys of the bundle with them, go from now on. */
  destinations: DestinationChange[];
  /** Faults of entries that were left out, with `faults: 'leave-out'`. */
  leftOut: Fault[];
}

export interface DestinationChange {
  provider: string;
  /** The address now; absent where the provider is new. */
  from?: string;
  to: string;
}

export interface ImportOptions {
  mode?: ImportMode;
  dryRun?: boolean;
  /** What is done with records that are here and say something else. */
  onConflict?: ConflictPolicy;
  /** Whether one fault refuses the whole bundle, or leaves out the entry that it is in. */
  faults?: 'refuse' | 'leave-out';
}

export interface ExportOptions {
  /** All but chats and keys where absent. */
  sections?: readonly Exclude<Section, 'keys'>[];
  /** The public key of a `Receiver`: the keys come along, encrypted to it. */
  keysFor?: string;
}

/** A bundle without its keys. */
export interface BundleExport extends Omit<Bundle, 'keys'> {
  /** For the receiver: the JSON of an `OpenedKeys`. */
  encryptedKeys?: string;
}

export interface OpenedKeys {
  keys: BundleKey[];
  /** Names of keys that do not open, or were saved for another address than their provider has now. */
  leftOut: string[];
}

/** Whoever calls these must be a page of ours: the router checks the caller. */
export interface Bundles {
  /** Throws `vault_locked` and `invalid_request` where keys are asked for. */
  exportBundle(options?: ExportOptions): Promise<BundleExport>;
  /**
   * Takes over every section that the bundle holds, all of it or nothing. A dry run writes nothing and
   * answers the same, with faults in `errors`. Throws `invalid_request` with the path that is wrong,
   * `storage_full`, `vault_locked`.
   */
  importBundle(input: unknown, options?: ImportOptions): Promise<BundleDiff>;
}

const STORES = ['providers', 'keys', 'models', 'profiles', 'sites', 'settings'] as const;
type Store = (typeof STORES)[number];
const CHAT_STORES = ['chats', 'messages'] as const;
const WRITTEN = [...STORES, 'vault', 'slots', 'state'] as const;
const WITH_CHATS = [...WRITTEN, ...CHAT_STORES] as const;

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
  const { openDatabase, now, publish, randomId } = ports;

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
    const profiles = bundle.profiles && planProfiles(state.profiles, bundle.profiles, mode);
    const sites = bundle.sites && planSites(state.sites, bundle.sites, mode, now());
    const profilesAfter = profiles?.after ?? state.profiles;
    sites?.diff.errors.push(...findUnknownProfiles(bundle.sites ?? [], profilesAfter));
    profiles?.diff.errors.push(
      ...findTakenProfiles(sites?.after ?? state.sites, profiles.diff.remove),
    );
    const settings = bundle.settings && planSettings(state.settings, bundle.settings, mode);
    const chats =
      bundle.chats &&
      (await planChats((await openDatabase()).transaction([...CHAT_STORES]), bundle.chats, mode));
    const before = mergeProviders(CATALOG, [...state.providers.values()]);
    return {
      providers: bundle.providers && providers,
      keys,
      models,
      profiles,
      sites,
      settings,
      chats,
      keysToReenter: findKeysToReenter(state.keys, before, providers.set, keys),
      destinations: findDestinations(before, providers.set),
    };
  }
  type Plan = Awaited<ReturnType<typeof plan>>;

  /** The bundle as the policy leaves it, with its plan. */
  async function planAll(
    state: State,
    bundle: Bundle,
    mode: ImportMode,
    onConflict: ConflictPolicy,
  ): Promise<{ bundle: Bundle; planned: Plan }> {
    const planned = await plan(state, bundle, mode);
    if (onConflict === 'overwrite' || faultsOf(planned).length > 0) return { bundle, planned };
    const resolved = resolveConflicts(
      bundle,
      {
        providers: planned.providers?.conflicts ?? [],
        keys: planned.keys?.conflicts ?? [],
        models: planned.models?.conflicts ?? [],
        profiles: planned.profiles?.conflicts ?? [],
        sites: planned.sites?.conflicts ?? [],
        settings: planned.settings?.diff.overwrite ?? [],
        chats: planned.chats?.conflicts ?? [],
        movedProviders: planned.destinations.map(({ provider }) => provider),
      },
      onConflict,
      {
        providers: new Set(mergeProviders(CATALOG, [...state.providers.values()]).byName.keys()),
        models: new Set(state.models.keys()),
        profiles: new Set(state.profiles.keys()),
        profileNames: new Set([...state.profiles.values()].map(({ name }) => name.toLowerCase())),
        labels: labelsOf(state.keys),
      },
      randomId,
    );
    const again = await plan(state, resolved.bundle, mode);
    for (const section of SECTIONS) {
      const diff = again[section]?.diff;
      if (!diff) continue;
      diff.skip.push(...resolved.skipped[section]);
      // As the file has them: in what is left of it they stand elsewhere.
      diff.normalised = [
        ...(planned[section]?.diff.normalised ?? []),
        ...resolved.renamed.filter(({ path }) => path.startsWith(section)),
      ];
    }
    return { bundle: resolved.bundle, planned: again };
  }

  /** False where what is stored is no longer what was planned on. */
  async function commit(
    state: State,
    bundle: Bundle,
    planned: Plan,
    mode: ImportMode,
  ): Promise<boolean> {
    const keys = planned.keys && (await seal(planned.keys, vault));
    const write = async (transaction: Writing) => {
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
        ...(planned.profiles ? writeSection(transaction, 'profiles', planned.profiles, mode) : []),
        ...(planned.sites ? writeSection(transaction, 'sites', planned.sites, mode) : []),
        ...(planned.settings ? writeSettings(transaction, planned.settings) : []),
      ]);
      if (planned.keys) await saveBackup(transaction, now());
      return true;
    };
    const { chats } = bundle;
    if (!chats) return change(openDatabase, [...WRITTEN], write);
    return change(openDatabase, [...WITH_CHATS], async (transaction) => {
      const current = await planChats(transaction, chats, mode);
      if (current.diff.errors.length > 0) return false;
      await Promise.all(writeChats(transaction as never, current));
      if (await write(transaction as never)) return true;
      throw new Stale();
    }).catch((error: unknown) => {
      if (error instanceof Stale) return false;
      throw error;
    });
  }

  /** Each key with its secret, where it goes to where its provider is now. */
  async function openKeys(state: State): Promise<OpenedKeys> {
    const set = mergeProviders(CATALOG, [...state.providers.values()]);
    const opened: OpenedKeys = { keys: [], leftOut: [] };
    for (const record of state.keys.toSorted((a, b) => a.createdAt - b.createdAt)) {
      const provider = set.byName.get(record.provider)?.provider;
      const secret =
        provider &&
        (await vault.open(record, destinationOf(provider)).catch((error: unknown) => {
          if (error instanceof RouterError && error.code === 'no_provider_key') return undefined;
          throw error;
        }));
      if (secret === undefined) opened.leftOut.push(toName(record));
      else opened.keys.push(toBundleKey(record, secret));
    }
    return opened;
  }

  return {
    async exportBundle({
      sections = ['providers', 'models', 'profiles', 'sites', 'settings'],
      keysFor,
    } = {}) {
      const state = await read();
      const bundle: BundleExport = {
        format: 'gatehouse-bundle',
        version: 1,
        createdAt: new Date(now()).toISOString(),
      };
      if (sections.includes('providers')) bundle.providers = inOrder(state.providers);
      if (sections.includes('models')) bundle.models = [...state.models.values()];
      if (sections.includes('profiles')) bundle.profiles = [...state.profiles.values()];
      if (sections.includes('sites')) bundle.sites = [...state.sites.values()].map(withoutDates);
      if (sections.includes('settings')) bundle.settings = state.settings;
      if (sections.includes('chats'))
        bundle.chats = await readChats((await openDatabase()).transaction([...CHAT_STORES]));
      if (keysFor !== undefined)
        bundle.encryptedKeys = await encryptTo(keysFor, JSON.stringify(await openKeys(state)));
      return bundle;
    },
    async importBundle(
      input,
      { mode = 'merge', dryRun = false, onConflict = 'overwrite', faults = 'refuse' } = {},
    ) {
      let draft = toDraft(input);
      const leftOut: Fault[] = [];
      const without = (found: readonly Fault[]) => {
        const left = leaveOut(draft, found);
        draft = left.draft;
        leftOut.push(...left.leftOut);
      };
      for (let attempt = 0; attempt < ATTEMPTS;) {
        const parsed = findFaults(draft.input);
        if (Array.isArray(parsed)) {
          if (faults === 'refuse') throw faulty(parsed);
          without(parsed);
          continue;
        }
        const state = await read();
        const { bundle, planned } = await planAll(state, parsed, mode, onConflict);
        const found = faultsOf(planned);
        if (found.length > 0 && faults === 'leave-out') {
          without(found);
          continue;
        }
        const { keysToReenter, destinations } = planned;
        const diff: BundleDiff = { dryRun, mode, keysToReenter, destinations, leftOut };
        for (const section of SECTIONS) {
          const part = planned[section];
          if (part) diff[section] = part.diff;
        }
        if (dryRun) return diff;
        if (found.length > 0) throw faulty(found);
        attempt += 1;
        if (!(await commit(state, bundle, planned, mode))) continue;
        for (const topic of SECTIONS.filter((section) => diff[section]))
          publish({ topic } satisfies Change);
        if (diff.sites || diff.profiles) await permissions.recheck();
        return diff;
      }
      throw new RouterError(
        'internal_error',
        'The settings are being changed somewhere else. Try again in a moment.',
      );
    },
  };
}

/** Takes back a transaction that has written on what is no longer so. */
class Stale extends Error {}

function faultsOf(planned: Partial<Record<Section, { diff: SectionDiff } | undefined>>): Fault[] {
  return SECTIONS.flatMap((section) => planned[section]?.diff.errors ?? []);
}

function labelsOf(keys: readonly KeyRecord[]): Map<string, Set<string>> {
  const labels = new Map<string, Set<string>>();
  for (const { provider, label } of keys)
    labels.set(provider, (labels.get(provider) ?? new Set()).add(label));
  return labels;
}

/** Who is asked at another address than before, or in another way; and who is new. */
function findDestinations(before: ProviderSet, after: ProviderSet): DestinationChange[] {
  return after.entries.flatMap(({ provider }) => {
    if (!isComplete(provider)) return [];
    const known = before.byName.get(provider.id)?.provider;
    const to = destinationOf(provider);
    const from = known && isComplete(known) ? destinationOf(known) : undefined;
    if (from && isSameDestination(from, to)) return [];
    const isOtherScheme = from !== undefined && from.authScheme !== to.authScheme;
    const toWords = ({ origin, pathPrefix, authScheme }: Destination) =>
      `${origin}${pathPrefix}${isOtherScheme ? ` (${authScheme})` : ''}`;
    return [{ provider: provider.id, ...(from && { from: toWords(from) }), to: toWords(to) }];
  });
}

function toBundleKey(record: KeyRecord, secret: string): BundleKey {
  const { provider, label, enabled, weight, models } = record;
  return { provider, label, secret, enabled, weight, ...(models && { models }) };
}

interface State {
  providers: Map<string, ProviderRecord>;
  keys: KeyRecord[];
  models: Map<string, LogicalModelRecord>;
  profiles: Map<string, ProfileRecord>;
  sites: Map<string, SiteRecord>;
  settings: Settings;
  /** Equal for equal contents, also of what does not fit its schema. */
  fingerprint: string;
}

async function readState(getAll: (store: Store) => Promise<unknown[]>): Promise<State> {
  const [providers = [], keys = [], models = [], profiles = [], sites = [], settings = []] =
    await Promise.all(STORES.map(getAll));
  const fitting = <Name extends Exclude<Store, 'settings'>>(
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
    profiles: toMap(fitting('profiles', profiles), ({ id }) => id),
    sites: toMap(fitting('sites', sites), toSiteKey),
    settings: fittingSettings(settings[0]),
    fingerprint: toCanonical([providers, keys, models, profiles, sites, settings]),
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
  name: 'providers' | 'models' | 'profiles' | 'sites',
  { after, diff }: SectionPlan<ProviderRecord | LogicalModelRecord | ProfileRecord | SiteRecord>,
  mode: ImportMode,
): Writes {
  // One store's types for all four, because TypeScript can't tell that record and store go together.
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
