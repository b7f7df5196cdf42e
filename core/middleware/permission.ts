import { modelDenied, type Grant, type Permissions } from '../permissions/grants.ts';
import { coversId, coversModel, mayCoverModel } from '../permissions/match.ts';
import type { Caller, Scope } from '../ports.ts';
import type { Resolution, Resolve, ResolveRequest } from './resolve.ts';

const OWN_PAGES: Grant = Object.freeze({ models: ['*'] });

/** What the call may do; waits for the person where they must be asked. */
export async function authorise(
  permissions: Pick<Permissions, 'check'>,
  caller: Caller,
  scope: Scope,
  signal: AbortSignal,
  about: {
    model?: string;
    provider?: string;
    models?: readonly string[];
    only?: readonly string[];
  } = {},
): Promise<Grant> {
  if (caller.kind === 'first-party') return OWN_PAGES;
  return permissions.check({ caller, scope, signal, ...about });
}

export interface Authorised {
  readonly grant: Grant;
  readonly resolution: Resolution;
}

/**
 * Permission and resolve, in this order as far as the caller can tell: who may not call learns
 * nothing of what there is. The person who is asked reads where the call would go.
 */
export async function authoriseAndResolve(
  permissions: Pick<Permissions, 'check'>,
  resolve: Resolve,
  caller: Caller,
  scope: Scope,
  wanted: ResolveRequest,
  signal: AbortSignal,
): Promise<Authorised> {
  if (caller.kind === 'first-party') {
    return { grant: OWN_PAGES, resolution: await resolve({ ...wanted, mayAsk: true }) };
  }
  // Before the permission no provider is asked, and an error here is told only after it.
  const planned = await resolve(wanted).catch(() => undefined);
  const grant = await authorise(permissions, caller, scope, signal, {
    model: wanted.model || undefined,
    provider: planned?.targets[0]?.provider.name,
    ...(planned && onlyOf(planned, wanted.model)),
  });
  const resolution = await resolve({
    ...wanted,
    siteDefault: grant.site?.defaultModel,
    mayAsk: true,
    mayName: (id) => coversId(grant.models, id),
  });
  return { grant, resolution: onlyAllowed(resolution, grant, wanted.model) };
}

/** A name that chooses by itself is no model. */
const CHOOSING = ['auto', 'default', 'free'];
const MOST_ONLY = 20;

/** The patterns that cover what was asked for and nothing else; nothing where there are none. */
function onlyOf(resolution: Resolution, asked = ''): { only?: readonly string[] } {
  const { targets, answerModel } = resolution;
  if (targets.length === 0 || asked === '' || CHOOSING.includes(asked.toLowerCase())) return {};
  const only = isLogical(resolution)
    ? [answerModel]
    : [...new Set(targets.map(({ provider, model }) => `${provider.id}/${model}`))];
  const isSound =
    only.length <= MOST_ONLY &&
    // In a pattern it stands for anything.
    only.every((name) => !name.includes('*')) &&
    mayCoverModel(only, asked);
  return isSound ? { only } : {};
}

/**
 * The targets that the grant covers. The name of a logical model counts as itself; any other name
 * only by where it leads: `openai/gpt-4o` may be another provider's model.
 */
function onlyAllowed(resolution: Resolution, grant: Grant, asked: string | undefined): Resolution {
  const { targets, answerModel } = resolution;
  if (isLogical(resolution) && coversId(grant.models, answerModel)) return resolution;
  const allowed = targets.filter(({ provider, model }) =>
    coversModel(grant.models, provider.id, model),
  );
  if (allowed.length > 0) return { ...resolution, targets: allowed };
  throw modelDenied(grant.models, asked || answerModel);
}

function isLogical({ targets, answerModel }: Resolution): boolean {
  const named = `/${answerModel.toLowerCase()}`;
  return targets.every(({ model }) => !named.endsWith(`/${model.toLowerCase()}`));
}
