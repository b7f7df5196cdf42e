/** What an import would do to the keys. Nothing is sealed or written here. */
import { RouterError } from '../errors.ts';
import type { ProviderSet } from '../providers/merge.ts';
import { isComplete } from '../providers/provider.ts';
import { destinationOf } from '../providers/registry.ts';
import type { Destination, KeyRecord } from '../storage/records.ts';
import { emptyDiff, type ImportMode, type SectionDiff } from './bundle-plan.ts';
import type { BundleKey } from './bundle-schema.ts';
import { toLabel } from './keys.ts';
import { shownOf } from './mask.ts';
import { toSecret } from './secret.ts';
import { isSameDestination, type Vault } from './vault.ts';

/** A record as it will be. With a secret it is sealed anew, for its destination. */
export interface KeyWrite {
  record: Omit<KeyRecord, 'sealed'> & Partial<Pick<KeyRecord, 'sealed'>>;
  secret?: string;
}

export interface KeysPlan {
  writes: KeyWrite[];
  removes: string[];
  diff: SectionDiff;
  /** Keys that are here and would change, by their place in the bundle. */
  conflicts: number[];
}

interface Wanted {
  /** Its place in the bundle. */
  at: number;
  entry: BundleKey;
  secret: string;
  destination: Destination;
}

export async function planKeys(
  before: readonly KeyRecord[],
  bundle: readonly BundleKey[],
  mode: ImportMode,
  set: ProviderSet,
  {
    vault,
    now,
    randomId,
  }: { vault: Pick<Vault, 'findHolders'>; now(): number; randomId(): string },
): Promise<KeysPlan> {
  const diff = emptyDiff();
  const wanted = toWanted(bundle, set, diff, now());
  const holders = await findHolders(before, wanted, vault);
  const claimed = new Set(holders.flatMap((holder) => holder?.id ?? []));
  const writes: KeyWrite[] = [];
  const conflicts: number[] = [];
  const labels = new Map<string, Set<string>>();
  for (const { provider, label } of before)
    labels.set(provider, (labels.get(provider) ?? new Set()).add(label));

  wanted.forEach(({ at, entry, secret, destination }, index) => {
    const { providerId } = destination;
    const holder = holders[index];
    const sameLabel = before.find(
      ({ id, provider, label }) =>
        provider === providerId && label === entry.label?.trim() && !claimed.has(id),
    );
    const existing = holder ?? sameLabel;
    if (!existing) {
      const taken = labels.get(providerId) ?? new Set();
      labels.set(providerId, taken);
      const record = {
        id: randomId(),
        provider: providerId,
        label: toLabel(entry.label, taken),
        enabled: entry.enabled ?? true,
        weight: entry.weight ?? 1,
        ...(entry.models && { models: entry.models }),
        ...shownOf(secret),
        destination,
        // Keeps the bundle's order.
        createdAt: now() + index / 1000,
      };
      writes.push({ record, secret });
      diff.add.push(toName(record));
      return;
    }
    claimed.add(existing.id);
    const kept = mode === 'merge' ? existing : { enabled: true, weight: 1 };
    const shown = shownOf(secret);
    const isReseal = !holder || !isSameDestination(existing.destination, destination);
    const models = entry.models ?? (mode === 'merge' ? existing.models : undefined);
    const record: KeyWrite['record'] = {
      ...existing,
      label: entry.label?.trim() || existing.label,
      enabled: entry.enabled ?? kept.enabled,
      weight: entry.weight ?? kept.weight,
      models,
      preview: shown.preview,
      token: isReseal ? shown.token : existing.token,
      destination,
    };
    const isChange =
      record.label !== existing.label ||
      record.enabled !== existing.enabled ||
      record.weight !== existing.weight ||
      record.models?.join('\n') !== existing.models?.join('\n');
    if (models === undefined) delete record.models;
    if (record.token === undefined) delete record.token;
    if (isReseal) delete record.check;
    if (isReseal || isChange) writes.push({ record, ...(isReseal && { secret }) });
    if (isReseal || isChange) conflicts.push(at);
    (isReseal || isChange ? diff.overwrite : diff.unchanged).push(toName(record));
  });

  const removed = mode === 'replace' ? before.filter(({ id }) => !claimed.has(id)) : [];
  diff.remove.push(...removed.map(toName));
  return { writes, removes: removed.map(({ id }) => id), diff, conflicts };
}

/** Checks each entry; one that stands there twice counts once. */
function toWanted(
  bundle: readonly BundleKey[],
  set: ProviderSet,
  diff: SectionDiff,
  now: number,
): Wanted[] {
  const seen = new Set<string>();
  const note = (path: string, message: string) => diff.normalised.push({ path, message });
  return bundle.flatMap((entry, index) => {
    const path = `keys[${index}]`;
    const provider = set.byName.get(entry.provider.toLowerCase())?.provider;
    const fault = !provider
      ? `there is no provider ${entry.provider}`
      : provider.builtIn
        ? `${entry.provider} needs no key`
        : !isComplete(provider)
          ? `${entry.provider} needs its baseUrl first`
          : undefined;
    if (fault !== undefined || !provider) {
      diff.errors.push({ path: `${path}.provider`, message: fault ?? '' });
      return [];
    }
    const destination = destinationOf(provider);
    try {
      const secret = toSecret(entry.secret, destination.authScheme, now);
      if (provider.id !== entry.provider)
        note(`${path}.provider`, `${entry.provider} is taken as ${provider.id}`);
      if (secret !== entry.secret)
        note(
          `${path}.secret`,
          secret === entry.secret.trim()
            ? 'white space around it is left out'
            : 'its JSON is written in its regular form',
        );
      const identity = JSON.stringify([provider.id, secret]);
      if (seen.has(identity)) {
        note(`${path}.secret`, 'it stands in the bundle twice, and is taken once');
        return [];
      }
      seen.add(identity);
      return [{ at: index, entry, secret, destination }];
    } catch (error) {
      if (!(error instanceof RouterError)) throw error;
      diff.errors.push({ path: `${path}.secret`, message: error.message });
      return [];
    }
  });
}

/** Whoever holds the secret already, provider by provider. */
async function findHolders(
  before: readonly KeyRecord[],
  wanted: readonly Wanted[],
  vault: Pick<Vault, 'findHolders'>,
): Promise<(KeyRecord | undefined)[]> {
  const found = new Map<Wanted, KeyRecord | undefined>();
  for (const [providerId, group] of Map.groupBy(wanted, (one) => one.destination.providerId)) {
    const records = before.filter(({ provider }) => provider === providerId);
    const holders = await vault.findHolders(
      records,
      group.map(({ secret }) => secret),
    );
    group.forEach((one, index) => found.set(one, holders[index]));
  }
  return wanted.map((one) => found.get(one));
}

/**
 * Keys that would no longer open, because the address of their provider would change and the bundle
 * does not bring them along: they are never attached to the new one.
 */
export function findKeysToReenter(
  keys: readonly KeyRecord[],
  before: ProviderSet,
  after: ProviderSet,
  plan: KeysPlan | undefined,
): string[] {
  const handled = new Set([
    ...(plan?.removes ?? []),
    ...(plan?.writes ?? []).flatMap(({ record, secret }) => (secret ? record.id : [])),
  ]);
  const fits = (key: KeyRecord, set: ProviderSet) => {
    const provider = set.byName.get(key.provider)?.provider;
    return provider !== undefined && isSameDestination(key.destination, destinationOf(provider));
  };
  return keys
    .filter((key) => !handled.has(key.id) && fits(key, before) && !fits(key, after))
    .map(toName);
}

export function toName({
  provider,
  label,
  preview,
}: Pick<KeyRecord, 'provider' | 'label' | 'preview'>) {
  return `${provider} · ${label} · ${preview}`;
}
