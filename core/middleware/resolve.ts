import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { FormatName } from '../formats/chat.ts';
import type { Ports } from '../ports.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import type { EndpointName, Provider } from '../providers/provider.ts';
import type { Registry } from '../providers/registry.ts';
import type { LogicalModelRecord, Route, RouteCondition } from '../storage/records.ts';
import { assertSomeHas, forEndpoint, onlyWithEndpoint } from './endpoint-targets.ts';
import { nearestName } from './nearest-name.ts';
import { splitModel } from './prefix.ts';
import { buildRoutingIndex, type RoutingIndex } from './routing-index.ts';

/** A place to try: which provider, and the model's id there. Its credential is chosen at dispatch. */
export interface Target {
  readonly provider: Provider;
  readonly model: string;
  readonly timeoutMs?: number;
  readonly contextWindow?: number;
  /** For which requests it is; absent: for all. */
  readonly when?: RouteCondition;
  /** The format in which to ask, where it is not the provider's usual one. */
  readonly wire?: FormatName;
}

/** The places to try, in order, and the model id that the answer names. */
export interface Resolution extends Pick<
  LogicalModelRecord,
  'hedgeAfterMs' | 'continuePartial' | 'toolEnforcement'
> {
  readonly targets: readonly Target[];
  readonly answerModel: string;
}

export interface ResolveRequest {
  /** As the caller wrote it; absent or empty means `auto`. */
  readonly model: string | undefined;
  /** Body field `router`, or header `x-gatehouse-provider`: beats a prefix. */
  readonly provider?: string;
  /** The site's own default, where its grant has one. */
  readonly siteDefault?: string;
  /**
   * Providers may be asked for lists that are not known yet. Only after the permission: before it
   * no byte may go out.
   */
  readonly mayAsk?: boolean;
  /** Which ids an error may suggest to this caller. */
  readonly mayName?: (id: string) => boolean;
  /** Only providers that have this endpoint; absent: chat, which all have. */
  readonly endpoint?: EndpointName;
}

/** Rows R1-R7, E25. Throws `model_not_found`, `no_provider_key`, `invalid_request`, `unknown_url`. */
export type Resolve = (request: ResolveRequest) => Promise<Resolution>;

export interface ResolveParts {
  ports: Pick<Ports, 'openDatabase'>;
  changes: Pick<Changes, 'listen'>;
  registry: Pick<Registry, 'all'>;
  catalogue: Pick<Catalogue, 'list' | 'cached' | 'isKnown'>;
}

/** The index is built once and again after a change, so that a call costs a few map lookups. */
export function createResolve({ ports, changes, registry, catalogue }: ResolveParts): Resolve {
  let current: Promise<RoutingIndex> | undefined;
  changes.listen((topic) => {
    if (topic === 'providers' || topic === 'keys' || topic === 'models' || topic === 'settings')
      current = undefined;
  });

  function index(): Promise<RoutingIndex> {
    if (current) return current;
    const building = buildRoutingIndex(ports, registry, catalogue);
    current = building;
    building.catch(() => {
      if (current === building) current = undefined;
    });
    return building;
  }

  return async (request) => {
    const found = resolve(await index(), request);
    if (!found.guessed || !request.mayAsk) return found.resolution();
    if (isFree(request)) {
      // Prices change: what the list says of them is no older than the list may be.
      await catalogue.list((await index()).ready);
      return resolve(await index(), request).resolution();
    }
    // It would go to the default provider unseen: first read the lists that are not known yet.
    const { unknown, ready } = await index();
    if (ready.length < 2 || unknown.length === 0) return found.resolution();
    await catalogue.list(unknown);
    return resolve(await index(), request).resolution();
  };
}

function isFree({ model, provider }: ResolveRequest): boolean {
  return model?.trim().toLowerCase() === FREE && !provider;
}

const LONGEST_ID = 500;

/** `guessed`: no list says that the provider has the model. */
interface Found {
  readonly guessed: boolean;
  readonly resolution: () => Resolution;
}

function resolve(whole: RoutingIndex, request: ResolveRequest): Found {
  const { endpoint } = request;
  if (endpoint === undefined) return resolveIn(whole, request);
  const index = forEndpoint(whole, endpoint);
  // A site's default is a model for chats.
  const found = resolveIn(index, { ...request, siteDefault: undefined });
  return {
    ...found,
    resolution() {
      if (isAuto(request.model?.trim() ?? '') && !request.provider)
        assertSomeHas(index, endpoint, request.mayName);
      return onlyWithEndpoint(index, endpoint, found.resolution(), request.mayName);
    },
  };
}

function resolveIn(index: RoutingIndex, request: ResolveRequest): Found {
  const model = request.model?.trim() ?? '';
  const hint = request.provider?.trim() ?? '';
  if (model.length > LONGEST_ID)
    throw new RouterError('model_not_found', 'No model has a name that long.', { param: 'model' });
  if (hint !== '' && !isAuto(hint)) return sure(() => resolveHinted(index, hint, model));
  if (isAuto(model)) return sure(() => asAsked(resolveDefault(index, request.siteDefault), model));
  return resolveNamed(index, model, request.mayName);
}

const sure = (resolution: () => Resolution): Found => ({ guessed: false, resolution });

function isAuto(name: string): boolean {
  return name === '' || /^(auto|default)$/i.test(name);
}

/** The answer names what the caller asked for; where that is nothing, the model that answers. */
function asAsked(resolution: Resolution, model: string): Resolution {
  return model === '' ? resolution : { ...resolution, answerModel: model };
}

/** R3: the named provider, whatever the model's prefix says. */
function resolveHinted(index: RoutingIndex, hint: string, model: string): Resolution {
  const provider = named(index, hint);
  if (!provider)
    throw new RouterError('invalid_request', `There is no provider “${hint}”.`, {
      param: 'router',
    });
  // Its own prefix says the same once more; another provider's is a part of the model's id here.
  const split = splitModel(model, index);
  const own = split?.provider.id === provider.id ? split.model : model;
  return toOne(index, provider, own);
}

/**
 * R4: what `auto` means. It never fails while anything can be asked. What the person chose is asked
 * alone: their prompts go where they said. Where they chose nothing, each provider stands behind
 * those before it.
 */
function resolveDefault(index: RoutingIndex, siteDefault: string | undefined): Resolution {
  for (const wanted of [siteDefault, index.settings.defaultModel]) {
    if (wanted === undefined || isAuto(wanted.trim())) continue;
    try {
      return resolveNamed(index, wanted.trim()).resolution();
    } catch (error) {
      if (!(error instanceof RouterError)) throw error; // else: its key is gone, the next one serves
    }
  }
  if (index.autos.length > 0) return { targets: index.autos, answerModel: nameOf(index.autos[0]!) };
  if (index.builtIn?.defaultModel)
    return toOne(index, index.builtIn, index.builtIn.defaultModel, true);
  throw noKeyAtAll();
}

/** R1, R2, R6: a logical model, a prefixed id, or the provider that has it. */
function resolveNamed(
  index: RoutingIndex,
  model: string,
  mayName: (id: string) => boolean = () => true,
): Found {
  const logical = index.logical.get(model) ?? index.logical.get(model.toLowerCase());
  if (logical) return sure(() => resolveLogical(index, logical));
  if (model.toLowerCase() === FREE) return { guessed: true, resolution: () => resolveFree(index) };
  const split = splitModel(model, index);
  if (split) {
    const { provider } = split;
    return sure(() => ({ ...toOne(index, provider, split.model), answerModel: model }));
  }
  const owner = index.owners.get(model) ?? index.owners.get(model.toLowerCase());
  if (owner)
    return sure(() => ({
      targets: [{ provider: owner.provider, model: owner.model }],
      answerModel: model,
    }));
  const fallback = index.candidates[0];
  return {
    guessed: true,
    resolution() {
      if (!fallback) throw index.ready.length > 0 ? notFound(index, model, mayName) : noKeyAtAll();
      if (index.known.has(fallback.id)) throw notFound(index, model, mayName);
      return { targets: [{ provider: fallback, model }], answerModel: model };
    },
  };
}

/** R5: the models that cost nothing, the person's own choice first, then the longest windows. */
const FREE = 'free';
function resolveFree(index: RoutingIndex): Resolution {
  const all = index.free();
  const pin = index.settings.freeModel?.trim().toLowerCase();
  const isPinned = (target: Target) => nameOf(target).toLowerCase() === pin;
  const targets = [...all.filter(isPinned), ...all.filter((target) => !isPinned(target))];
  if (targets.length === 0)
    throw new RouterError(
      'model_not_found',
      'None of your providers lists a model that costs nothing. Add a key of one that does under Keys.',
      { param: 'model' },
    );
  return { targets: targets.slice(0, MOST_FREE), answerModel: FREE };
}

/** So many are asked before the call is given up. */
const MOST_FREE = 8;

const nameOf = ({ provider, model }: Target) => `${provider.id}/${model}`;

/** R6, R7: the routes in order, then those of the fallbacks, each once. */
function resolveLogical(index: RoutingIndex, start: LogicalModelRecord): Resolution {
  const targets = new Map<string, Target>();
  const visited = new Set<string>();
  const withoutKey = new Set<string>();
  const walk = (logical: LogicalModelRecord) => {
    if (visited.has(logical.id)) return;
    visited.add(logical.id);
    for (const route of logical.routes) {
      const provider = named(index, route.provider);
      if (!provider || !index.usable.has(provider.id)) {
        withoutKey.add(provider?.name ?? route.provider);
        continue;
      }
      const model = isAuto(route.model) ? index.modelOf(provider) : route.model;
      if (model === undefined) continue;
      const { when, wire } = route;
      const key = JSON.stringify([provider.id, model, wire, when]);
      if (!targets.has(key)) targets.set(key, toTarget(provider, model, route, logical));
    }
    for (const id of logical.fallbacks ?? []) {
      const next = index.logical.get(id);
      if (next) walk(next);
    }
  };
  walk(start);
  if (targets.size === 0)
    throw new RouterError(
      'no_provider_key',
      `No route of “${start.id}” can be asked: no usable key for ${[...withoutKey].join(', ')}. Add a key under Keys.`,
      { param: 'model' },
    );
  const { id: answerModel, hedgeAfterMs, continuePartial, toolEnforcement } = start;
  return {
    targets: [...targets.values()],
    answerModel,
    ...(hedgeAfterMs !== undefined && { hedgeAfterMs }),
    ...(continuePartial && { continuePartial }),
    ...(toolEnforcement && { toolEnforcement }),
  };
}

function toTarget(
  provider: Provider,
  model: string,
  { timeoutMs, when, wire, ...route }: Route,
  logical: LogicalModelRecord,
): Target {
  const contextWindow = route.contextWindow ?? logical.contextWindow;
  return {
    provider,
    model,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(when && { when }),
    ...(wire && { wire }),
  };
}

/** One provider, which the caller named: it must be usable. */
function toOne(
  index: RoutingIndex,
  provider: Provider,
  model: string,
  fullName = false,
): Resolution {
  if (!index.usable.has(provider.id)) throw noKey(index, provider, model);
  const id = isAuto(model) ? index.modelOf(provider) : model;
  if (id === undefined)
    throw new RouterError(
      'model_not_found',
      `${provider.name} has no default model. Name one of its models.`,
      { param: 'model' },
    );
  const whole = `${provider.id}/${id}`;
  return {
    targets: [{ provider, model: id }],
    answerModel: fullName || isAuto(model) ? whole : model,
  };
}

/** By id or alias; only one that is switched on. */
function named(index: RoutingIndex, name: string): Provider | undefined {
  const entry = index.byName.get(name.toLowerCase());
  return entry?.enabled ? entry.provider : undefined;
}

function noKey(index: RoutingIndex, provider: Provider, model: string): RouterError {
  const entry = index.byName.get(provider.id);
  const what = !entry?.enabled
    ? `${provider.name} is switched off. Switch it on under Keys.`
    : index.incomplete.has(provider.id)
      ? `${provider.name} still needs its ${provider.baseUrlFields?.[0]?.label ?? 'address'}. Add it under Keys.`
      : `No usable key for ${provider.name}. Add a key under Keys.`;
  const whole = `${provider.id}/${model}`;
  const other = index.owners.get(whole)?.provider;
  const hint = other ? ` ${other.name} has it too: ask for ${other.id}/${whole}.` : '';
  return new RouterError('no_provider_key', what + hint, { param: 'model' });
}

function noKeyAtAll(): RouterError {
  return new RouterError(
    'no_provider_key',
    'You have no usable key yet. Add a key under Keys, or ask for mock/echo to try without one.',
  );
}

function notFound(
  index: RoutingIndex,
  model: string,
  mayName: (id: string) => boolean,
): RouterError {
  const nearest = nearestName(model, index.names().filter(mayName));
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return new RouterError(
    'model_not_found',
    `None of your providers offers “${model}”.${hint} Pick a model or call GET /v1/models.`,
    { param: 'model' },
  );
}
