import { RouterError } from '../errors.ts';
import { isHostile } from '../formats/hostile.ts';

export interface Routing {
  /** The provider that the caller names beside the model. */
  readonly provider: string | undefined;
  /** Fields that were taken out because a caller may not choose where its call goes, or with what key. */
  readonly ignored: readonly string[];
}

/**
 * Takes our own extension and all that would name a destination out of the body, in place, but for a
 * field that this endpoint's providers read as content.
 */
export function takeRouting(
  body: Record<string, unknown>,
  headers: Headers,
  content?: string,
): Routing {
  const ignored: string[] = [];
  for (const name of Object.keys(body)) {
    if (name === 'router' || name === content || !isHostile(name)) continue;
    delete body[name];
    ignored.push(name);
  }
  const { model, router } = body;
  delete body.router;
  assertShortName(model, 'model');
  assertShortName(router, 'router');
  if (router !== undefined && router !== null && typeof router !== 'string') {
    throw new RouterError('invalid_request', '`router` must be the id of a provider.', {
      param: 'router',
    });
  }
  const named = router || headers.get('x-gatehouse-provider')?.trim();
  return { provider: !named || named.toLowerCase() === 'auto' ? undefined : named, ignored };
}

/** Names are shown, logged and told again: a page must not make them long. Throws `model_not_found`. */
export function assertShortName(name: unknown, param: string): void {
  if (typeof name === 'string' && name.length > LONGEST_NAME)
    throw new RouterError('model_not_found', 'No model has a name that long.', { param });
}
const LONGEST_NAME = 500;
