/** What an import would change in each section but the keys. Pure. */
import { findFallbackCycle } from '../storage/fallback-cycle.ts';
import type {
  LogicalModelRecord,
  ProfileRecord,
  ProviderRecord,
  Settings,
  SiteRecord,
} from '../storage/records.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import { CATALOG } from '../providers/catalog.ts';
import { refusedHeader } from '../providers/headers.ts';
import { mergeProviders, type ProviderSet } from '../providers/merge.ts';
import { toSiteKey } from '../permissions/match.ts';
import { isSameName } from '../permissions/profiles.ts';
import { findSiteFault } from '../permissions/sites.ts';
import type {
  BundleModel,
  BundleProfile,
  BundleProvider,
  BundleSite,
  Fault,
} from './bundle-schema.ts';

export type ImportMode = 'merge' | 'replace';

/** Names, as the person knows them. */
export interface SectionDiff {
  add: string[];
  overwrite: string[];
  unchanged: string[];
  /** Only with `replace`: what is there and not in the bundle. */
  remove: string[];
  /** Left out of the bundle, because something else of that name is here. */
  skip: string[];
  errors: Fault[];
  /** What is taken as something else than it says: an address in its regular form, an alias. */
  normalised: Fault[];
}

export interface SectionPlan<Item> {
  /** All records of the section after the import, by key. */
  after: Map<string, Item>;
  diff: SectionDiff;
  /** What is here and would change, by its place in the bundle. */
  conflicts: number[];
}

export const emptyDiff = (): SectionDiff => ({
  add: [],
  overwrite: [],
  unchanged: [],
  remove: [],
  skip: [],
  errors: [],
  normalised: [],
});

/**
 * Merging changes the fields that the bundle has, and leaves the other fields and records alone.
 * Replacing leaves the bundle's records and nothing else.
 */
function plan<Item extends object>(
  before: ReadonlyMap<string, Item>,
  incoming: readonly (readonly [key: string, item: Item])[],
  mode: ImportMode,
  errors: Fault[],
  normalised: Fault[] = [],
): SectionPlan<Item> {
  const diff = { ...emptyDiff(), errors, normalised };
  const after = new Map(mode === 'merge' ? before : []);
  const conflicts: number[] = [];
  for (const [index, [key, item]] of incoming.entries()) {
    const existing = before.get(key);
    const next = existing && mode === 'merge' ? { ...existing, ...item } : item;
    after.set(key, next);
    if (!existing) diff.add.push(key);
    else if (isEqual(existing, next)) diff.unchanged.push(key);
    else {
      diff.overwrite.push(key);
      conflicts.push(index);
    }
  }
  for (const key of before.keys()) if (!after.has(key)) diff.remove.push(key);
  return { after, diff, conflicts };
}

export interface ProvidersPlan extends SectionPlan<ProviderRecord> {
  /** Known rows and records together, as they will be. */
  set: ProviderSet;
}

export function planProviders(
  before: ReadonlyMap<string, ProviderRecord>,
  bundle: readonly BundleProvider[] | undefined,
  mode: ImportMode,
): ProvidersPlan {
  if (!bundle) {
    const after = new Map(before);
    const set = mergeProviders(CATALOG, [...after.values()]);
    return { after, set, diff: emptyDiff(), conflicts: [] };
  }
  const errors = findDuplicates(bundle, 'providers', ({ id }) => id, 'id');
  const normalised: Fault[] = [];
  const incoming = inOrder(bundle, before).map((entry, index) => {
    const path = `providers[${index}]`;
    errors.push(...findProviderFaults(entry, path));
    const record = toProviderRecord(entry);
    if (record.baseUrl !== entry.baseUrl)
      normalised.push(toNote(`${path}.baseUrl`, entry.baseUrl, record.baseUrl));
    return [entry.id, record] as const;
  });
  const planned = plan(before, incoming, mode, errors, normalised);
  const set = mergeProviders(CATALOG, [...planned.after.values()]);
  for (const { id, reason } of set.setAside) {
    const index = bundle.findIndex((entry) => entry.id === id);
    const path = `providers[${index}]`;
    if (index >= 0 && !errors.some((error) => error.path.startsWith(path)))
      errors.push({ path, message: reason });
  }
  return { ...planned, set };
}

/**
 * New ones come in the order of the bundle, after those that have a place already: the bundle is where
 * a person writes down which provider is asked first.
 */
function inOrder(
  bundle: readonly BundleProvider[],
  before: ReadonlyMap<string, ProviderRecord>,
): BundleProvider[] {
  const places = [...bundle, ...before.values()].flatMap(({ order }) => order ?? []);
  let last = Math.max(-1, ...places);
  return bundle.map((entry) => {
    const known = before.get(entry.id);
    const order = entry.order ?? (known ? known.order : ++last);
    return order === undefined ? entry : { ...entry, order };
  });
}

function toProviderRecord(entry: BundleProvider): ProviderRecord {
  if (entry.baseUrl === undefined) return entry;
  const check = checkBaseUrl(entry.baseUrl);
  return { ...entry, baseUrl: check.ok ? check.url : entry.baseUrl };
}

/** Headers that would let a provider's row speak for the browser or for another party. */
const NO_AUTH_HEADER =
  /^(host|cookie2?|connection|content-.*|transfer-encoding|origin|referer|te|upgrade|sec-.*|proxy-.*)$/i;

function findProviderFaults(entry: BundleProvider, path: string): Fault[] {
  const faults: Fault[] = [];
  const row = CATALOG.find(({ id }) => id === entry.id);
  if (entry.baseUrl !== undefined) {
    const check = checkBaseUrl(entry.baseUrl);
    if (!check.ok) faults.push({ path: `${path}.baseUrl`, message: check.reason });
    else if (row?.builtIn)
      faults.push({ path: `${path}.baseUrl`, message: 'the built-in provider has no address' });
  } else if (!row)
    faults.push({ path: `${path}.baseUrl`, message: `${entry.id} is new and needs an address` });
  for (const [name, value] of Object.entries(entry.headers ?? {})) {
    const reason = refusedHeader(name, value);
    if (reason) faults.push({ path: `${path}.headers.${name}`, message: reason });
  }
  const { auth } = entry;
  if (auth?.scheme === 'header' && (NO_AUTH_HEADER.test(auth.name) || !isToken(auth.name)))
    faults.push({ path: `${path}.auth.name`, message: 'a key can not travel in this header' });
  return faults;
}

const isToken = (name: string) => /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(name);

export function planModels(
  before: ReadonlyMap<string, LogicalModelRecord>,
  bundle: readonly BundleModel[],
  mode: ImportMode,
): SectionPlan<LogicalModelRecord> {
  const errors = findDuplicates(bundle, 'models', ({ id }) => id, 'id');
  const planned = plan(
    before,
    bundle.map((model) => [model.id, model] as const),
    mode,
    errors,
  );
  bundle.forEach(({ id }, index) => {
    const cycle = findFallbackCycle(id, planned.after);
    if (cycle)
      errors.push({
        path: `models[${index}].fallbacks`,
        message: `they go in a circle: ${cycle.join(' → ')}`,
      });
  });
  return planned;
}

export function planProfiles(
  before: ReadonlyMap<string, ProfileRecord>,
  bundle: readonly BundleProfile[],
  mode: ImportMode,
): SectionPlan<ProfileRecord> {
  const errors = findDuplicates(bundle, 'profiles', ({ id }) => id, 'id');
  const planned = plan(
    before,
    bundle.map((profile) => [profile.id, profile] as const),
    mode,
    errors,
  );
  bundle.forEach((profile, index) => {
    const others = [...planned.after.values()].filter(({ id }) => id !== profile.id);
    if (others.some((other) => isSameName(other, profile)))
      errors.push({
        path: `profiles[${index}].name`,
        message: 'another profile has this name',
      });
  });
  return planned;
}

/** A site of the bundle names a profile that is neither in it nor here. */
export function findUnknownProfiles(
  sites: readonly BundleSite[],
  profiles: ReadonlyMap<string, ProfileRecord>,
): Fault[] {
  return sites.flatMap(({ profile }, index) =>
    profile === undefined || profiles.has(profile)
      ? []
      : [{ path: `sites[${index}].profile`, message: 'there is no such profile' }],
  );
}

/** A site that there is afterwards uses a profile that would go away. */
export function findTakenProfiles(
  sites: ReadonlyMap<string, SiteRecord>,
  gone: readonly string[],
): Fault[] {
  const isGone = new Set(gone);
  return [...sites.values()].flatMap(({ origin, profile }) =>
    profile !== undefined && isGone.has(profile)
      ? [{ path: 'profiles', message: `${origin} uses “${profile}”, which is not among them` }]
      : [],
  );
}

export function planSites(
  before: ReadonlyMap<string, SiteRecord>,
  bundle: readonly BundleSite[],
  mode: ImportMode,
  now: number,
): SectionPlan<SiteRecord> {
  const regular = bundle.map(toRegularSite);
  const normalised = regular.flatMap(({ origin, topOrigin }, index) => {
    const given = bundle[index];
    const path = `sites[${index}]`;
    return [
      ...(given?.origin === origin ? [] : [toNote(`${path}.origin`, given?.origin, origin)]),
      ...(given?.topOrigin === topOrigin
        ? []
        : [toNote(`${path}.topOrigin`, given?.topOrigin, topOrigin ?? 'none')]),
    ];
  });
  const errors = findDuplicates(regular, 'sites', toSiteKey, 'origin');
  const incoming = regular.map((site, index) => {
    const fault = findSiteFault(site);
    if (fault) errors.push({ path: `sites[${index}].${fault.field}`, message: fault.message });
    const key = toSiteKey(site);
    const existing = before.get(key);
    const kept =
      mode === 'merge' && existing
        ? existing
        : { scopes: ['chat' as const], models: ['*'], ...datesOf(existing, now) };
    return [key, { ...kept, ...site }] as const;
  });
  return plan(before, incoming, mode, errors, normalised);
}

const toNote = (path: string, from = '', to = ''): Fault => ({
  path,
  message: `${from} is taken as ${to}`,
});

/** When it was first allowed and last used is known here alone; it does not travel. */
function datesOf(existing: SiteRecord | undefined, now: number): Partial<SiteRecord> {
  if (!existing) return { createdAt: now };
  const { createdAt, lastUsedAt } = existing;
  return {
    ...(createdAt !== undefined && { createdAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  };
}

/** `https://Example.com/` as `https://example.com`; what is no origin stays as it is. */
function toRegularSite(site: BundleSite): BundleSite {
  const { topOrigin, ...rest } = site;
  const origin = toRegularOrigin(site.origin);
  const top = topOrigin === undefined ? undefined : toRegularOrigin(topOrigin);
  return { ...rest, origin, ...(top !== undefined && top !== origin && { topOrigin: top }) };
}

function toRegularOrigin(text: string): string {
  const url = URL.parse(text);
  const isBare = url && url.pathname === '/' && !/[?#@*\\\s]/.test(text);
  if (!isBare || url.origin === 'null') return text;
  return url.origin;
}

export function planSettings(
  before: Settings,
  bundle: Settings,
  mode: ImportMode,
): SectionPlan<{ value: unknown }> {
  const toMap = (settings: Settings) =>
    new Map(Object.entries(settings).map(([name, value]) => [name, { value: value as unknown }]));
  return plan(toMap(before), [...toMap(bundle)], mode, []);
}

function findDuplicates<Item>(
  items: readonly Item[],
  section: string,
  toKey: (item: Item) => string,
  field: string,
): Fault[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = toKey(item);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: `${section}[${index}].${field}`, message: 'it is in the bundle twice' }];
  });
}

/** Whether two records say the same, whatever the order of their fields. */
export function isEqual(a: unknown, b: unknown): boolean {
  return toCanonical(a) === toCanonical(b);
}

/** Text that is equal for equal values; bytes count too. */
export function toCanonical(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) => {
    if (each instanceof Uint8Array) return [...each];
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)));
  });
}
