import type { Control, ModelView } from '../control.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import { factsOf, tableModels, type ModelFacts } from '../providers/model-facts.ts';
import { kindOfModel } from '../providers/model-kind.ts';
import { isComplete, needsKey, type Provider } from '../providers/provider.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import type { LogicalModels } from '../storage/logical-models.ts';
import type { CatalogModel, LogicalModelRecord } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import { isSameDestination } from '../vault/vault.ts';

export type ModelsControl = Pick<
  Control,
  'listModels' | 'refreshModels' | 'listLogicalModels' | 'saveLogicalModel' | 'deleteLogicalModel'
>;

export interface ModelsControlParts {
  logicalModels: LogicalModels;
  registry: Pick<Registry, 'all'>;
  catalogue: Pick<Catalogue, 'list' | 'cached' | 'refresh'>;
  keys: Pick<Keys, 'list'>;
}

/** A picker shows what is known by then, and reads the rest when `models` changes. */
const PATIENCE_MS = 2_000;

export function createModelsControl({
  logicalModels,
  registry,
  catalogue,
  keys,
}: ModelsControlParts): ModelsControl {
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
      const [{ enabled }, logical] = await Promise.all([registry.all(), logicalModels.list()]);
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

    listLogicalModels: () => logicalModels.list(),

    async saveLogicalModel(model, renamedFrom) {
      await logicalModels.save(model, renamedFrom === undefined ? {} : { renamedFrom });
    },

    async deleteLogicalModel(id) {
      await logicalModels.remove(id);
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
