export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Arguments are JSON text; some clients and providers give the object itself. */
export function toArguments(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** JSON text of a call's arguments -> the object; `null` is none. Text that is no JSON is kept under one name. */
export function fromArguments(json: string): JsonObject {
  if (json.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    if (value === null) return {};
    return asObject(value) ?? { value };
  } catch {
    return { arguments: json };
  }
}

/** Those of the fields that are there. */
export function pick(object: JsonObject, fields: readonly string[]): JsonObject {
  const picked: JsonObject = {};
  for (const field of fields) if (object[field] !== undefined) picked[field] = object[field];
  return picked;
}

/** The names of the fields that have a value. */
export function namesOf(object: JsonObject): string[] {
  return Object.keys(object).filter((name) => object[name] !== undefined);
}
