import type { LogicalModelRecord, Route } from '../../../core/index.ts';

/** A logical model while it is edited: fields are text, as a person types them. */
export interface Draft {
  id: string;
  routes: RouteDraft[];
  fallbacks: string[];
  contextWindow: string;
  hedge: boolean;
  hedgeAfter: string;
  continuePartial: boolean;
  toolEnforcement: '' | 'on' | 'off';
}

export interface RouteDraft {
  /** Stays with the route wherever it is moved. */
  readonly key: string;
  /** `groq/llama-3.3-70b` */
  target: string;
  timeout: string;
  contextWindow: string;
  wire: NonNullable<Route['wire']> | '';
  reasoning: Choice;
  hasTools: Choice;
  hasImages: Choice;
  hasFiles: Choice;
  over: string;
  under: string;
}

/** A condition: does not matter, must be, must not be. */
export type Choice = '' | 'yes' | 'no';

export const CHOICES = ['reasoning', 'hasTools', 'hasImages', 'hasFiles'] as const;

export function newRoute(target = ''): RouteDraft {
  return {
    key: crypto.randomUUID(),
    target,
    ...{ timeout: '', contextWindow: '', wire: '', over: '', under: '' },
    ...{ reasoning: '', hasTools: '', hasImages: '', hasFiles: '' },
  };
}

export function toDraft(model?: LogicalModelRecord): Draft {
  const choice = (value: boolean | undefined): Choice =>
    value === undefined ? '' : value ? 'yes' : 'no';
  const { toolEnforcement } = model ?? {};
  return {
    id: model?.id ?? '',
    routes: (model?.routes ?? []).map((route) => ({
      ...newRoute(`${route.provider}/${route.model}`),
      timeout: route.timeoutMs === undefined ? '' : String(route.timeoutMs / 1000),
      contextWindow: text(route.contextWindow),
      wire: route.wire ?? '',
      reasoning: choice(route.when?.reasoning),
      hasTools: choice(route.when?.hasTools),
      hasImages: choice(route.when?.hasImages),
      hasFiles: choice(route.when?.hasFiles),
      over: text(route.when?.promptTokensOver),
      under: text(route.when?.promptTokensUnder),
    })),
    fallbacks: [...(model?.fallbacks ?? [])],
    contextWindow: text(model?.contextWindow),
    hedge: model?.hedgeAfterMs !== undefined,
    hedgeAfter: String((model?.hedgeAfterMs ?? 3000) / 1000),
    continuePartial: model?.continuePartial ?? false,
    toolEnforcement: toolEnforcement === undefined ? '' : toolEnforcement.enabled ? 'on' : 'off',
  };
}

const text = (value: number | undefined) => (value === undefined ? '' : String(value));

/** What is wrong, by the path of its field: `routes[0].timeoutMs`. */
export type Errors = Readonly<Record<string, string>>;

/**
 * What is saved, or what is wrong with it. `before` keeps what this screen does not show.
 */
export function fromDraft(
  draft: Draft,
  providers: readonly string[],
  before?: LogicalModelRecord,
): { model: LogicalModelRecord } | { errors: Errors } {
  const errors: Record<string, string> = {};
  const number = (path: string, typed: string, scale = 1): number | undefined => {
    const clean = typed.trim().replaceAll(/[\s_']/g, '');
    if (clean === '') return undefined;
    const value = Math.round(Number(clean) * scale);
    if (Number.isFinite(value) && value > 0) return value;
    errors[path] = 'A number above 0, or nothing.';
    return undefined;
  };
  const id = draft.id.trim();
  if (id === '') errors.id = 'It needs a name: what an app writes as its model.';
  if (draft.routes.length === 0) errors.routes = 'It needs at least one route.';
  const routes = draft.routes.map((route, index) =>
    toRoute(route, index, providers, errors, number),
  );
  const contextWindow = number('contextWindow', draft.contextWindow);
  const hedgeAfterMs = draft.hedge ? number('hedgeAfterMs', draft.hedgeAfter, 1000) : undefined;
  if (draft.hedge && hedgeAfterMs === undefined) errors.hedgeAfterMs ??= 'After how many seconds?';
  if (Object.keys(errors).length > 0) return { errors };
  const toolEnforcement =
    draft.toolEnforcement === ''
      ? undefined
      : { ...before?.toolEnforcement, enabled: draft.toolEnforcement === 'on' };
  return {
    model: {
      id,
      routes,
      ...(draft.fallbacks.length > 0 && { fallbacks: [...draft.fallbacks] }),
      ...(contextWindow !== undefined && { contextWindow }),
      ...(hedgeAfterMs !== undefined && { hedgeAfterMs }),
      ...(draft.continuePartial && { continuePartial: true }),
      ...(toolEnforcement && { toolEnforcement }),
    },
  };
}

function toRoute(
  draft: RouteDraft,
  index: number,
  providers: readonly string[],
  errors: Record<string, string>,
  number: (path: string, typed: string, scale?: number) => number | undefined,
): Route {
  const at = `routes[${index}]`;
  const [provider, model] = splitTarget(draft.target, providers);
  if (provider === '' || model === '')
    errors[`${at}.model`] = 'Provider and model, as in groq/llama-3.3-70b-versatile.';
  else if (!providers.includes(provider))
    errors[`${at}.model`] = `There is no provider “${provider}”.`;
  const timeoutMs = number(`${at}.timeoutMs`, draft.timeout, 1000);
  const contextWindow = number(`${at}.contextWindow`, draft.contextWindow);
  const over = number(`${at}.when.promptTokensOver`, draft.over);
  const under = number(`${at}.when.promptTokensUnder`, draft.under);
  if (over !== undefined && under !== undefined && over >= under)
    errors[`${at}.when.promptTokensUnder`] = 'No prompt is as short and as long as that.';
  const when: NonNullable<Route['when']> = {
    ...(over !== undefined && { promptTokensOver: over }),
    ...(under !== undefined && { promptTokensUnder: under }),
  };
  for (const name of CHOICES) if (draft[name] !== '') when[name] = draft[name] === 'yes';
  return {
    provider,
    model,
    ...(Object.keys(when).length > 0 && { when }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(draft.wire !== '' && { wire: draft.wire }),
  };
}

/** A provider's id holds no slash; the model's may. */
function splitTarget(target: string, providers: readonly string[]): [string, string] {
  const typed = target.trim();
  const slash = typed.indexOf('/');
  if (slash < 1) return ['', ''];
  const prefix = typed.slice(0, slash);
  const known = providers.find((id) => id.toLowerCase() === prefix.toLowerCase());
  return [known ?? prefix, typed.slice(slash + 1).trim()];
}

/** The list with one of it at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  const one = list[from];
  return one === undefined ? [...list] : [...rest.slice(0, to), one, ...rest.slice(to)];
}

/** Which of the others a model may fall back to: all that do not lead back to it. */
export function fallbackChoices(
  id: string,
  models: readonly LogicalModelRecord[],
): { id: string; cycle: boolean }[] {
  const byId = new Map(models.map((model) => [model.id, model]));
  const leadsTo = (from: string, seen = new Set<string>()): boolean => {
    if (from === id) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return (byId.get(from)?.fallbacks ?? []).some((next) => leadsTo(next, seen));
  };
  return models
    .filter((model) => model.id !== id)
    .map((model) => ({ id: model.id, cycle: leadsTo(model.id) }));
}
