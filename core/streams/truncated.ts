import { RouterError } from '../errors.ts';

/** An answer whose end never came. */
export function truncated(cause?: unknown): RouterError {
  return new RouterError(
    'upstream_truncated',
    'The provider broke off in the middle of its answer.',
    { cause },
  );
}
