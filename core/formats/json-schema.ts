import { asObject, type JsonObject } from './json.ts';

/** Keywords under which whole schemas stand by name. */
const NAMED = ['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas'];
/** Keywords that hold a list of schemas. */
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
/** Keywords that hold one schema. */
const SINGLE = [
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
];

/** A copy of a JSON schema, each schema in it changed by `change`, the innermost first. */
export function mapSchema(
  schema: JsonObject,
  change: (schema: JsonObject) => JsonObject,
): JsonObject {
  const copy: JsonObject = { ...schema };
  for (const keyword of NAMED) {
    const named = asObject(copy[keyword]);
    if (named === undefined) continue;
    copy[keyword] = Object.fromEntries(
      Object.entries(named).map(([name, inner]) => [name, mapped(inner, change)]),
    );
  }
  for (const keyword of LISTS) {
    const list = copy[keyword];
    if (Array.isArray(list)) copy[keyword] = list.map((inner) => mapped(inner, change));
  }
  for (const keyword of SINGLE) {
    const inner = copy[keyword];
    if (inner !== undefined) copy[keyword] = mapped(inner, change);
  }
  return change(copy);
}

function mapped(schema: unknown, change: (schema: JsonObject) => JsonObject): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => mapped(inner, change));
  const object = asObject(schema);
  return object === undefined ? schema : mapSchema(object, change);
}

function without(schema: JsonObject, keywords: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.has(keyword)));
}

const STRICT_REFUSES = new Set([
  '$schema',
  '$id',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'if',
  'then',
  'else',
  'not',
  'contains',
  'dependentSchemas',
]);
const STRICT_FORMATS = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/**
 * What Anthropic's structured output takes: objects are closed, and limits on numbers, lengths and
 * counts stand in the description, where the model reads them.
 * Source: docs.anthropic.com, "Structured outputs", JSON schema limitations.
 */
export function toStrictSchema(schema: JsonObject): JsonObject {
  return mapSchema(schema, (inner) => {
    const strict = without(inner, STRICT_REFUSES);
    const limits = Object.entries(inner)
      .filter(([keyword, value]) => STRICT_REFUSES.has(keyword) && typeof value === 'number')
      .map(([keyword, value]) => `${keyword}: ${String(value)}`);
    if (limits.length > 0)
      strict.description = [inner.description, limits.join(', ')].filter(Boolean).join(' ');
    if (typeof strict.minItems === 'number' && strict.minItems > 1) strict.minItems = 1;
    if (typeof strict.format === 'string' && !STRICT_FORMATS.has(strict.format))
      delete strict.format;
    if (strict.oneOf !== undefined) {
      strict.anyOf = strict.oneOf;
      delete strict.oneOf;
    }
    if (strict.type === 'object' || strict.properties !== undefined)
      strict.additionalProperties = false;
    return strict;
  });
}
