import { RouterError } from '../errors.ts';
import { authorise } from '../middleware/permission.ts';
import type { Grant } from '../permissions/grants.ts';
import { coversId } from '../permissions/match.ts';
import { isFree } from '../providers/free-models.ts';
import { wayOf } from '../providers/endpoints.ts';
import { kindOfModel } from '../providers/model-kind.ts';
import type { Provider } from '../providers/provider.ts';
import { jsonAnswer, toHeaderValue } from './answer.ts';
import type { Call, Parts } from './endpoint.ts';
import { formsOf } from './listed-forms.ts';
import { toListed, toLogical, type ListedModel } from './listed-model.ts';

/** `GET /v1/models`, `/v1beta/models`: logical models first, then what each usable provider lists. */
export async function listModels(call: Call, parts: Parts): Promise<Response> {
  return answerList(call, parts, call.url.searchParams.get('provider')?.trim());
}

/** `GET /api/models/{provider}`, and `/api/models/free` (rows E6, E7). */
export async function listProviderModels(call: Call, parts: Parts): Promise<Response> {
  return call.tail === 'free' ? listFree(call, parts) : answerList(call, parts, call.tail);
}

/**
 * `GET /v1/audio/models` (row E12): what speaks or listens, of the usable providers that have such an
 * endpoint; also what a provider is asked for by default and does not list.
 */
export async function listAudioModels(call: Call, parts: Parts): Promise<Response> {
  const grant = await grantOf(call, parts);
  const providers = (await usableProviders(parts, grant)).filter((provider) =>
    AUDIO.some((name) => wayOf(provider, name)),
  );
  const { models: listed, failed } = await parts.catalogue.list(providers);
  const settings = await parts.settings();
  const known = providers.flatMap((provider) =>
    AUDIO.flatMap((name) => wayOf(provider, name)?.model ?? []).map((id) => ({
      provider,
      model: { id },
    })),
  );
  const spoken = listed.filter(({ model }) => kindOfModel(model) === 'audio');
  const rows = [...spoken, ...known].map(({ provider, model }) =>
    toListed(provider, model, settings),
  );
  const data = [...new Map(rows.toReversed().map((row) => [row.id, row])).values()]
    .toReversed()
    .filter(({ id }) => coversId(grant.models, id));
  return withPartial(jsonAnswer({ object: 'list', data }), failed);
}

const AUDIO = ['speech', 'transcriptions', 'translations'] as const;

/** The models that cost nothing, the longest window first; ones too small to be of use are left out. */
async function listFree(call: Call, parts: Parts): Promise<Response> {
  const grant = await grantOf(call, parts);
  const { models: listed } = await parts.catalogue.list(await usableProviders(parts, grant));
  const settings = await parts.settings();
  const models = listed
    .filter(({ model }) => isFree(model))
    .map(({ provider, model }) => toListed(provider, model, settings))
    .filter(({ id }) => coversId(grant.models, id))
    .sort((one, other) => other.context_length - one.context_length)
    .map(({ id, name = id, context_length, limit }) => ({
      id,
      name,
      context_length,
      max_output: limit.output ?? null,
    }));
  return jsonAnswer({ count: models.length, models });
}

async function answerList(call: Call, parts: Parts, wanted: string | undefined): Promise<Response> {
  const grant = await grantOf(call, parts);
  const providers = wanted
    ? [await findProvider(parts, wanted)]
    : await usableProviders(parts, grant);
  const { models, failed } = await parts.catalogue.list(providers);
  const settings = await parts.settings();
  const logical = wanted ? [] : await parts.logicalModels.list();
  const data = [
    ...(await Promise.all(logical.map((model) => toLogical(model, parts, settings)))),
    ...models.map(({ provider, model }) => toListed(provider, model, settings)),
  ].filter(({ id }) => coversId(grant.models, id));
  return withPartial(jsonAnswer(formsOf(call.dialect).list(data)), failed);
}

/** Names the providers that did not answer. */
function withPartial(answer: Response, failed: readonly string[]): Response {
  if (failed.length > 0)
    answer.headers.set('x-gatehouse-partial', toHeaderValue(failed.join(', ')));
  return answer;
}

/** `GET /v1/models/{id}`, `/v1beta/models/{id}`: the id may hold slashes, and may lack its provider's prefix. */
export async function getModel(call: Call, parts: Parts): Promise<Response> {
  const id = call.tail;
  const grant = await grantOf(call, parts);
  const found = (await findLogical(parts, id)) ?? (await findListed(parts, grant, id));
  if (found === undefined || !coversId(grant.models, found.id)) {
    throw new RouterError('model_not_found', `There is no model “${id}”.`, { param: 'model' });
  }
  return jsonAnswer(formsOf(call.dialect).one(found));
}

function grantOf(call: Call, { permissions }: Parts): Promise<Grant> {
  return authorise(permissions, call.caller, 'models', call.request.signal);
}

async function usableProviders(
  { registry, credentials }: Parts,
  { site }: Grant,
): Promise<Provider[]> {
  const providers = await registry.list();
  const usable = await Promise.all(
    providers.map((provider) => credentials.usable(provider, site?.keys)),
  );
  return providers.filter((_, index) => usable[index]);
}

async function findProvider({ registry }: Parts, id: string): Promise<Provider> {
  const provider = await registry.find(id);
  if (provider !== undefined) return provider;
  throw new RouterError('invalid_request', `There is no provider “${id}”.`, { param: 'provider' });
}

async function findLogical(parts: Parts, id: string): Promise<ListedModel | undefined> {
  const model = (await parts.logicalModels.list()).find((logical) => logical.id === id);
  return model && toLogical(model, parts, await parts.settings());
}

/** Asks only the provider that the prefix names; where it names none, all of them. */
async function findListed(
  parts: Parts,
  grant: Grant,
  id: string,
): Promise<ListedModel | undefined> {
  const settings = await parts.settings();
  const slash = id.indexOf('/');
  const named = slash > 0 ? await parts.registry.find(id.slice(0, slash)) : undefined;
  if (named !== undefined) {
    const { models } = await parts.catalogue.list([named]);
    const row = models.find(({ model }) => model.id === id.slice(slash + 1));
    if (row !== undefined) return toListed(row.provider, row.model, settings);
  }
  const { models } = await parts.catalogue.list(await usableProviders(parts, grant));
  const row = models.find(({ model }) => model.id === id);
  return row && toListed(row.provider, row.model, settings);
}
