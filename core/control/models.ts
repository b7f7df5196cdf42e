import type { Control, ModelView } from '../control.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import { factsOf, tableModels, type ModelFacts } from '../providers/model-facts.ts';
import { kindOfModel } from '../providers/model-kind.ts';
import { isComplete, needsKey, type Provider } from '../providers/provider.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import { checkRecord, readRecords } from '../storage/read.ts';
import type { CatalogModel, LogicalModelRecord } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';
import type { Keys } from '../vault/keys.ts';
import { isSameDestination } from '../vault/vault.ts';
import { findFallbackCycle } from '../storage/fallback-cycle.ts';

export type ModelsControl = Pick<
  Control,
  'listModels' | 'refreshModels' | 'listLogicalModels' | 'saveLogicalModel' | 'deleteLogicalModel'
>;

export interface ModelsControlParts {
  ports: Pick<Ports, 'openDatabase' | 'publish'>;
  registry: Pick<Registry, 'all'>;
  catalogue: Pick<Catalogue, 'list' | 'cached' | 'refresh'>;
  keys: Pick<Keys, 'list'>;
}

/** A picker shows what is known by then, and reads the rest when `models` changes. */
const PATIENCE_MS = 2_000;

/** Names that mean something else in a request. */
const RESERVED = new Set(['auto', 'default']);

export function createModelsControl({
  ports,
  registry,
  catalogue,
  keys,
}: ModelsControlParts): ModelsControl {
  async function logicalModels(): Promise<LogicalModelRecord[]> {
    const { records } = await readRecords(await ports.openDatabase(), 'models');
    return records.sort((one, other) => one.id.localeCompare(other.id));
  }

  async function usableProviders(providers: readonly Provider[]): Promise<Set<string>> {
    const records = await keys.list();
    return new Set(
      providers
        .filter((provider) => {
          if (!isComplete(provider)) return false;
          if (!needsKey(provider)) return true;
          const destination = destinationOf(provider);
          return records.some(
            (key) => key.enabled && isSameDestination(key.destination, destination),
          );
        })
        .map(({ id }) => id),
    );
  }

  return {
    async listModels({ ask = true } = {}) {
      const [{ enabled }, logical] = await Promise.all([registry.all(), logicalModels()]);
      const usable = await usableProviders(enabled);
      if (ask) {
        await Promise.race([
          catalogue.list(enabled.filter(({ id }) => usable.has(id))),
          new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
        ]);
      }
      const lists = await Promise.all(enabled.map((provider) => catalogue.cached(provider)));
      return [
        ...logical.map((model) => toLogicalView(model, enabled, usable)),
        ...enabled.flatMap((provider, index) =>
          modelsOf(provider, lists[index] ?? [])
            .filter((model) => kindOfModel(model) === 'chat')
            .map((model) => toView(provider, model, usable.has(provider.id))),
        ),
      ];
    },

    refreshModels: (provider) => catalogue.refresh(provider),

    listLogicalModels: logicalModels,

    async saveLogicalModel(model) {
      const checked = checkRecord('models', model);
      if ('reason' in checked) throw refused(`That does not fit: ${checked.reason}.`);
      const { record } = checked;
      if (record.id.trim() !== record.id || RESERVED.has(record.id.toLowerCase()))
        throw refused(`“${record.id}” can’t be a model’s name.`, 'id');
      await change(ports.openDatabase, ['models'], async (transaction) => {
        const store = transaction.objectStore('models');
        const all = new Map((await store.getAll()).map((other) => [other.id, other]));
        all.set(record.id, record);
        const missing = record.fallbacks?.findIndex((id) => !all.has(id)) ?? -1;
        if (missing !== -1)
          throw refused(
            `There is no model of yours called “${record.fallbacks?.[missing]}”.`,
            `fallbacks[${missing}]`,
          );
        const cycle = findFallbackCycle(record.id, all);
        if (cycle)
          throw refused(`The fallbacks go round in a circle: ${cycle.join(' → ')}.`, 'fallbacks');
        await store.put(record);
      });
      ports.publish({ topic: 'models' });
    },

    async deleteLogicalModel(id) {
      await change(ports.openDatabase, ['models'], (transaction) =>
        transaction.objectStore('models').delete(id),
      );
      ports.publish({ topic: 'models' });
    },
  };
}

/** Of a provider that can't be asked yet, the models that our table knows. */
function modelsOf(provider: Provider, listed: readonly CatalogModel[]): readonly CatalogModel[] {
  return listed.length > 0 ? listed : tableModels(provider.id);
}

function toView(provider: Provider, model: CatalogModel, usable: boolean): ModelView {
  return {
    id: `${provider.id}/${model.id}`,
    name: model.name ?? model.id,
    provider: provider.id,
    providerName: provider.name,
    logical: false,
    usable,
    ...viewOf(factsOf(provider.id, model)),
  };
}

function viewOf({ takes, ...facts }: ModelFacts): Partial<ModelView> {
  const view = { ...facts };
  delete view.structured;
  return { ...view, ...(takes && { takes: [...takes] }) };
}

function toLogicalView(
  model: LogicalModelRecord,
  enabled: readonly Provider[],
  usable: ReadonlySet<string>,
): ModelView {
  const ids = new Set(
    enabled.flatMap(({ id, aliases = [] }) => (usable.has(id) ? [id, ...aliases] : [])),
  );
  const contextWindow = model.contextWindow ?? model.routes[0]?.contextWindow;
  return {
    id: model.id,
    name: model.id,
    provider: 'gatehouse',
    providerName: 'My models',
    logical: true,
    usable: model.routes.some((route) => ids.has(route.provider.toLowerCase())),
    ...(contextWindow !== undefined && { contextWindow }),
  };
}

function refused(message: string, param?: string): RouterError {
  return new RouterError('invalid_request', message, param === undefined ? {} : { param });
}
