import type { ModelView } from '../../../core/index.ts';

/** Every word of the search must stand somewhere in the id or the name. */
export function filterModels(models: readonly ModelView[], search: string): readonly ModelView[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return models;
  return models.filter((model) => {
    const text = `${model.id} ${model.name}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface ModelGroup {
  readonly id: string;
  readonly name: string;
  readonly models: readonly ModelView[];
}

/** In the order of the list: the models of a person's own first, then provider by provider. */
export function groupByProvider(models: readonly ModelView[]): readonly ModelGroup[] {
  const groups = new Map<string, { id: string; name: string; models: ModelView[] }>();
  for (const model of models) {
    const id = model.logical ? '' : model.provider;
    const group = groups.get(id) ?? {
      id,
      name: model.logical ? 'Your own' : model.providerName,
      models: [],
    };
    group.models.push(model);
    groups.set(id, group);
  }
  return [...groups.values()].sort((one, other) => Number(other.id === '') - Number(one.id === ''));
}
