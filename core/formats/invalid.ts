import type { z } from '../zod.ts';
import { RouterError } from '../errors.ts';

/** Checks a caller's body. Throws `invalid_request` that names the path at fault and what was expected there. */
export function parseBody<T>(schema: z.ZodMiniType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const param = toPath(issue.path);
  if (param === '') throw new RouterError('invalid_request', 'The body must be a JSON object.');
  const missing = issue.code === 'invalid_type' && at(body, issue.path) === undefined;
  throw new RouterError(
    'invalid_request',
    missing ? `Missing required parameter: '${param}'.` : `Invalid '${param}': ${issue.message}.`,
    { param },
  );
}

/** `['messages', 0, 'role']` -> `messages[0].role`. */
export function toPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (held, key) =>
      typeof held === 'object' && held !== null
        ? (held as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/** A field that the target can't say and without which the answer would be wrong. */
export function refuse(param: string, why: string): RouterError {
  return new RouterError('invalid_request', `'${param}' ${why}`, { param });
}

/** What refers to something that a provider would have to keep; `input[1].id` is an item's. */
const STATEFUL = /^(?:previous_response_id|conversation|background|prompt|input\[\d+\]\.id)$/;

/** The first of the fields that only the caller's own format can say, as the refusal of another. */
export function refuseNative(native: readonly string[] | undefined, dialect: string): void {
  const param = native?.[0];
  if (param === undefined) return;
  throw STATEFUL.test(param)
    ? refuse(
        param,
        'needs a provider that keeps conversations; this one keeps no state. Send the items themselves, and `store: false`.',
      )
    : refuse(param, `can't be said to a provider of the ${dialect} format.`);
}
