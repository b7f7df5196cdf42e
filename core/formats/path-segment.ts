import { RouterError } from '../errors.ts';

/**
 * A model's name as one segment of a path below the base URL. A page chooses the name: it must add no
 * query, and `..` in it, also between encoded slashes that a proxy may decode, must not lead out of
 * what the key is for (security.md, threat 7). Throws `model_not_found`.
 */
export function toPathSegment(name: string): string {
  // `encodeURIComponent` throws for half a surrogate pair.
  if (!name.isWellFormed() || name.split(/[/\\]/).some(isDots))
    throw new RouterError('model_not_found', 'No model has such a name.', { param: 'model' });
  return encodeURIComponent(name);
}

/** `..;` is `..` to some Java servers, `%2e` to most. */
const isDots = (segment: string) => /^(?:\.|%2e){1,2}(?:;|$)/i.test(segment);
