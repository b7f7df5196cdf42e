import type { Ports } from '../ports.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import { byWindow, isFree } from '../providers/free-models.ts';
import { kindOfModel } from '../providers/model-kind.ts';
import type { ProviderEntry } from '../providers/merge.ts';
import { isComplete, needsKey, type Provider } from '../providers/provider.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import { readRecords } from '../storage/read.ts';
import type { CatalogModel, LogicalModelRecord, Settings } from '../storage/records.ts';
import { readSettings } from '../storage/settings.ts';
import { isSameDestination } from '../vault/vault.ts';
import type { Prefixes } from './prefix.ts';

export interface Owner {
  readonly provider: Provider;
  readonly model: string;
}

/** All that resolving a model needs, in maps. Built after a change, read by each call. */
export interface RoutingIndex extends Prefixes {
  readonly byName: ReadonlyMap<string, ProviderEntry>;
  /** Ids of the providers that can be asked: a usable key, or none needed. */
  readonly usable: ReadonlySet<string>;
  /** Those that the person means to use, in their order: with a key, or set up or found without one. */
  readonly ready: readonly Provider[];
  /** Those of them whose list is not known yet. */
  readonly unknown: readonly Provider[];
  /** Ids of those whose list is known. */
  readonly known: ReadonlySet<string>;
  /** Ids of those whose base URL waits for an account or the like. */
  readonly incomplete: ReadonlySet<string>;
  /** Model id, also in lower case -> the first ready provider that has it, and the id there. */
  readonly owners: Pick<ReadonlyMap<string, Owner>, 'get'>;
  /** The model that no model means at this provider. */
  readonly modelOf: (provider: Provider) => string | undefined;
  /** Where a model goes that no list names: to the first of these. */
  readonly candidates: readonly Provider[];
  /** What `auto` is, where the person has chosen nothing: those that have a model to offer, in order. */
  readonly autos: readonly Owner[];
  /** Models that cost nothing, the longest window first. */
  readonly free: () => readonly Owner[];
  readonly builtIn: Provider | undefined;
  readonly logical: ReadonlyMap<string, LogicalModelRecord>;
  readonly settings: Settings;
  /** Every name that would resolve. */
  readonly names: () => string[];
}

export async function buildRoutingIndex(
  ports: Pick<Ports, 'openDatabase'>,
  registry: Pick<Registry, 'all'>,
  catalogue: Pick<Catalogue, 'cached' | 'isKnown'>,
): Promise<RoutingIndex> {
  const database = await ports.openDatabase();
  const [{ byName, entries, enabled }, keys, logicalModels, settings] = await Promise.all([
    registry.all(),
    readRecords(database, 'keys'),
    readRecords(database, 'models'),
    readSettings(database),
  ]);

  const withKey = new Set<string>();
  const byId = new Map(enabled.map((provider) => [provider.id, provider]));
  for (const key of keys.records) {
    const provider = byId.get(key.provider);
    if (!provider || !key.enabled || key.weight <= 0 || withKey.has(provider.id)) continue;
    if (isSameDestination(key.destination, destinationOf(provider))) withKey.add(provider.id);
  }

  const lists = await Promise.all(enabled.map((provider) => catalogue.cached(provider)));
  const knowns = await Promise.all(enabled.map((provider) => catalogue.isKnown(provider)));
  const usable = new Set<string>();
  const incomplete = new Set<string>();
  const ready: Provider[] = [];
  const known = new Set<string>();
  const owners = new Map<string, Owner>();
  const offered: { provider: Provider; model: CatalogModel }[] = [];
  const listed = new Map<string, ReadonlySet<string>>();
  const firstModels = new Map<string, string>();
  const recorded = new Set(entries.flatMap(({ record }) => record?.id ?? []));

  enabled.forEach((provider, index) => {
    const models = lists[index] ?? [];
    if (knowns[index]) known.add(provider.id);
    if (models.length > 0) listed.set(provider.id, new Set(models.map(({ id }) => id)));
    const firstChat = models.find((model) => kindOfModel(model) === 'chat');
    if (firstChat) firstModels.set(provider.id, firstChat.id);
    if (!isComplete(provider)) {
      incomplete.add(provider.id);
      return;
    }
    if (!withKey.has(provider.id) && needsKey(provider)) return;
    usable.add(provider.id);
    // A server on this computer counts once the person has set it up or it was found.
    if (
      !withKey.has(provider.id) &&
      !provider.builtIn &&
      !recorded.has(provider.id) &&
      models.length === 0
    )
      return;
    if (!provider.builtIn) ready.push(provider);
    for (const model of models) {
      const { id } = model;
      if (isFree(model)) offered.push({ provider, model });
      const owner = { provider, model: id };
      if (!owners.has(id)) owners.set(id, owner);
    }
  });
  // After the exact ids of all, so that another's spelling never hides one.
  for (const [id, owner] of [...owners]) {
    const lower = id.toLowerCase();
    if (!owners.has(lower)) owners.set(lower, owner);
  }

  const logical = new Map(logicalModels.records.map((model) => [model.id, model]));
  for (const model of logicalModels.records) {
    const lower = model.id.toLowerCase();
    if (!logical.has(lower)) logical.set(lower, model);
  }

  const modelOf = (provider: Provider) => provider.defaultModel ?? firstModels.get(provider.id);
  const chosen = byName.get(settings.defaultProvider?.toLowerCase() ?? '');
  const candidates = [
    ...(chosen?.enabled && usable.has(chosen.provider.id) ? [chosen.provider] : []),
    ...ready.filter(({ id }) => withKey.has(id)),
    ...ready.filter(({ id }) => !withKey.has(id)),
  ];
  const own = toOwners(candidates, modelOf);
  // A provider that the person chose is asked alone, as a model would be.
  const autos = own[0] && own[0].provider === chosen?.provider ? own.slice(0, 1) : own;
  let free: Owner[] | undefined;

  return {
    byName,
    usable,
    ready,
    unknown: ready.filter(({ id }) => !known.has(id)),
    known,
    incomplete,
    owners,
    candidates,
    modelOf,
    autos,
    free: () =>
      (free ??= byWindow(offered).map(({ provider, model }) => ({ provider, model: model.id }))),
    builtIn: enabled.find(({ builtIn }) => builtIn),
    logical,
    settings,
    lists: (provider, id) => listed.get(provider.id)?.has(id) ?? false,
    names: () => [
      ...new Set([
        ...logicalModels.records.map(({ id }) => id),
        ...[...owners.values()].map(({ provider, model }) => `${provider.id}/${model}`),
      ]),
    ],
  };
}

/** The model of each provider that has one to offer; a provider counts once. */
export function toOwners(
  providers: readonly Provider[],
  modelOf: (provider: Provider) => string | undefined,
): Owner[] {
  return [...new Set(providers)].flatMap((provider) => {
    const model = modelOf(provider);
    return model === undefined ? [] : { provider, model };
  });
}
