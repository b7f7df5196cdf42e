import { RouterError } from '../errors.ts';
import { authorise } from '../middleware/permission.ts';
import { coversId } from '../permissions/match.ts';
import type { Provider } from '../providers/provider.ts';
import type { CatalogModel, LogicalModelRecord } from '../storage/records.ts';
import { jsonAnswer, toHeaderValue } from './answer.ts';
import type { Call, Parts } from './endpoint.ts';

/** One row of `/v1/models`, with the three names under which clients look for the window. */
interface ListedModel {
  id: string;
  object: 'model';
  /** Unix seconds; 0 where no one says. */
  created: number;
  owned_by: string;
  context_window: number;
  context_length: number;
  limit: { context: number; output?: number };
}

/** What a model is taken to have where no one says. */
const DEFAULT_WINDOW = 128_000;

/** `GET /v1/models`: logical models first, then what each usable provider lists. */
export async function listModels(call: Call, parts: Parts): Promise<Response> {
  const wanted = call.url.searchParams.get('provider')?.trim();
  const patterns = await allowedModels(call, parts);
  const providers = wanted ? [await findProvider(parts, wanted)] : await usableProviders(parts);
  const { models, failed } = await parts.catalogue.list(providers);
  const logical = wanted ? [] : await parts.logicalModels();
  const data = [
    ...logical.map(toLogical),
    ...models.map(({ provider, model }) => toListed(provider, model)),
  ].filter(({ id }) => coversId(patterns, id));
  const answer = jsonAnswer({ object: 'list', data });
  if (failed.length > 0)
    answer.headers.set('x-gatehouse-partial', toHeaderValue(failed.join(', ')));
  return answer;
}

/** `GET /v1/models/{id}`: the id may hold slashes, and may lack its provider's prefix. */
export async function getModel(call: Call, parts: Parts): Promise<Response> {
  const id = call.tail;
  const patterns = await allowedModels(call, parts);
  const found = (await findLogical(parts, id)) ?? (await findListed(parts, id));
  if (found === undefined || !coversId(patterns, found.id)) {
    throw new RouterError('model_not_found', `There is no model “${id}”.`, { param: 'model' });
  }
  return jsonAnswer(found);
}

async function allowedModels(call: Call, { permissions }: Parts): Promise<readonly string[]> {
  return (await authorise(permissions, call.caller, 'models', call.request.signal)).models;
}

async function usableProviders({ registry, credentials }: Parts): Promise<Provider[]> {
  const providers = await registry.list();
  const usable = await Promise.all(providers.map((provider) => credentials.usable(provider)));
  return providers.filter((_, index) => usable[index]);
}

async function findProvider({ registry }: Parts, id: string): Promise<Provider> {
  const provider = await registry.find(id);
  if (provider !== undefined) return provider;
  throw new RouterError('invalid_request', `There is no provider “${id}”.`, { param: 'provider' });
}

async function findLogical({ logicalModels }: Parts, id: string): Promise<ListedModel | undefined> {
  const model = (await logicalModels()).find((logical) => logical.id === id);
  return model && toLogical(model);
}

/** Asks only the provider that the prefix names; where it names none, all of them. */
async function findListed(parts: Parts, id: string): Promise<ListedModel | undefined> {
  const slash = id.indexOf('/');
  const named = slash > 0 ? await parts.registry.find(id.slice(0, slash)) : undefined;
  if (named !== undefined) {
    const { models } = await parts.catalogue.list([named]);
    const row = models.find(({ model }) => model.id === id.slice(slash + 1));
    if (row !== undefined) return toListed(row.provider, row.model);
  }
  const { models } = await parts.catalogue.list(await usableProviders(parts));
  const row = models.find(({ model }) => model.id === id);
  return row && toListed(row.provider, row.model);
}

function toListed(provider: Provider, model: CatalogModel): ListedModel {
  return {
    id: `${provider.id}/${model.id}`,
    object: 'model',
    created: model.created ?? 0,
    owned_by: provider.id,
    ...toWindow(model.contextWindow, model.maxOutput),
  };
}

function toLogical(model: LogicalModelRecord): ListedModel {
  const window = model.contextWindow ?? model.routes[0]?.contextWindow;
  return { id: model.id, object: 'model', created: 0, owned_by: 'gatehouse', ...toWindow(window) };
}

function toWindow(context = DEFAULT_WINDOW, output?: number) {
  return {
    context_window: context,
    context_length: context,
    limit: { context, ...(output === undefined ? {} : { output }) },
  };
}
