import type { z } from 'zod';
import { RouterError } from '../errors.ts';

/** Checks a caller's body. Throws `invalid_request` that names the path at fault and what was expected there. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
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
