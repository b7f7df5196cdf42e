import { RouterError } from '../errors.ts';
import type { Grant, Permissions } from '../permissions/grants.ts';
import type { Caller, Scope } from '../ports.ts';
import type { Resolution, Resolve, ResolveRequest } from './resolve.ts';

const OWN_PAGES: Grant = Object.freeze({ models: ['*'] });

/** What the call may do; waits for the person where they must be asked. */
export async function authorise(
  permissions: Permissions,
  caller: Caller,
  scope: Scope,
  signal: AbortSignal,
  about: { model?: string; provider?: string } = {},
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
  permissions: Permissions,
  resolve: Resolve,
  caller: Caller,
  wanted: ResolveRequest,
  signal: AbortSignal,
): Promise<Authorised> {
  if (caller.kind === 'first-party') {
    return { grant: OWN_PAGES, resolution: await resolve({ ...wanted, mayAsk: true }) };
  }
  // Before the permission no provider is asked, and an error here is told only after it.
  const planned = await resolve(wanted).catch(() => undefined);
  const grant = await authorise(permissions, caller, 'chat', signal, {
    model: wanted.model || undefined,
    provider: planned?.targets[0]?.provider.name,
  });
  const resolution = await resolve({
    ...wanted,
    siteDefault: grant.site?.defaultModel,
    mayAsk: true,
    mayName: (id) => isAllowed(grant.models, id),
  });
  return { grant, resolution: onlyAllowed(resolution, grant, wanted.model) };
}

function onlyAllowed(resolution: Resolution, grant: Grant, asked: string | undefined): Resolution {
  if (grant.models.includes('*')) return resolution;
  if (isAllowed(grant.models, resolution.answerModel)) return resolution;
  const targets = resolution.targets.filter(({ provider, model }) =>
    isAllowed(grant.models, `${provider.id}/${model}`),
  );
  if (targets.length > 0) return { ...resolution, targets };
  throw new RouterError(
    'scope_denied',
    `This site may not use the model ${asked || resolution.answerModel}.`,
    { param: 'model' },
  );
}

/** Patterns of a grant: an exact id, or one with `*` for any characters: `groq/*`. */
export function isAllowed(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) => {
    if (!pattern.includes('*')) return pattern.toLowerCase() === id.toLowerCase();
    const [first = '', ...rest] = pattern.toLowerCase().split('*');
    const text = id.toLowerCase();
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const [index, piece] of rest.entries()) {
      if (index === rest.length - 1)
        return text.length - piece.length >= at && text.endsWith(piece);
      const found = text.indexOf(piece, at);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return true;
  });
}
