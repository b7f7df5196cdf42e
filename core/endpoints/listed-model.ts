import { contextWindowOf, factsOf, tableFacts } from '../providers/model-facts.ts';
import type { Provider } from '../providers/provider.ts';
import type { CatalogModel, LogicalModelRecord, Settings } from '../storage/records.ts';
import type { Parts } from './endpoint.ts';

/** One row of `/v1/models`, with the three names under which clients look for the window. */
export interface ListedModel {
  id: string;
  object: 'model';
  /** Unix seconds; 0 where no one says. */
  created: number;
  owned_by: string;
  name?: string;
  context_window: number;
  context_length: number;
  limit: { context: number; output?: number };
}

/** A provider's model under its full name. */
export function toListed(provider: Provider, model: CatalogModel, settings: Settings): ListedModel {
  const { maxOutput } = factsOf(provider.id, model);
  const window = contextWindowOf({
    upstream: model.contextWindow,
    row: tableFacts(provider.id, model.id)?.contextWindow,
    setting: settings.defaultContextWindow,
  });
  return {
    id: `${provider.id}/${model.id}`,
    object: 'model',
    created: model.created ?? 0,
    owned_by: provider.id,
    ...(model.name !== undefined && { name: model.name }),
    ...toWindow(window, maxOutput),
  };
}

/** A model of the person's own: what is known of its first route, then what they wrote. */
export async function toLogical(
  logical: LogicalModelRecord,
  { registry, catalogue }: Pick<Parts, 'registry' | 'catalogue'>,
  settings: Settings,
): Promise<ListedModel> {
  const route = logical.routes[0];
  const provider = route && (await registry.find(route.provider));
  const listed =
    provider && (await catalogue.cached(provider)).find(({ id }) => id === route.model);
  const facts = provider && factsOf(provider.id, listed ?? { id: route.model });
  const window = contextWindowOf({
    upstream: listed?.contextWindow,
    row: provider && tableFacts(provider.id, route.model)?.contextWindow,
    route: route?.contextWindow,
    logical: logical.contextWindow,
    setting: settings.defaultContextWindow,
  });
  return {
    id: logical.id,
    object: 'model',
    created: 0,
    owned_by: 'gatehouse',
    ...toWindow(window, facts?.maxOutput),
  };
}

function toWindow(context: number, output: number | undefined) {
  return {
    context_window: context,
    context_length: context,
    limit: { context, ...(output !== undefined && { output }) },
  };
}
