import type { JsonObject } from '../json.ts';
import { mapSchema } from '../json-schema.ts';

/** Google's own schema writes types in capitals; JSON schema does not. */
export function fromGoogleSchema(schema: JsonObject): JsonObject {
  return mapSchema(schema, (inner) => {
    if (typeof inner.type === 'string') inner.type = inner.type.toLowerCase();
    if (inner.nullable === true && typeof inner.type === 'string')
      inner.type = [inner.type, 'null'];
    delete inner.nullable;
    return inner;
  });
}

/** What `parametersJsonSchema` and `responseJsonSchema` read (ai.google.dev, "Structured outputs"). */
const KNOWN = new Set([
  '$id',
  '$defs',
  '$ref',
  '$anchor',
  'type',
  'format',
  'title',
  'description',
  'enum',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'anyOf',
  'oneOf',
  'properties',
  'additionalProperties',
  'required',
  'propertyOrdering',
  'minLength',
  'maxLength',
  'pattern',
  'default',
  'nullable',
]);
const FORMATS = new Set(['enum', 'date-time', 'date', 'time', 'float', 'double', 'int32', 'int64']);

/** JSON schema -> what Google takes of it: a keyword or a format that it does not know is a 400 there. */
export function toGoogleSchema(schema: JsonObject): JsonObject {
  return mapSchema(schema, (inner) => {
    const known: JsonObject = {};
    for (const [keyword, value] of Object.entries(inner)) {
      if (KNOWN.has(keyword)) known[keyword] = value;
      if (keyword === 'definitions') known.$defs = value;
    }
    if (inner.const !== undefined) known.enum = [inner.const];
    if (Array.isArray(inner.allOf))
      Object.assign(known, merged(inner.allOf as JsonObject[], known));
    if (typeof known.$ref === 'string')
      known.$ref = known.$ref.replace('#/definitions/', '#/$defs/');
    if (typeof known.format === 'string' && !FORMATS.has(known.format)) delete known.format;
    return known;
  });
}

/** All that each schema of an `allOf` asks for, as one. */
function merged(schemas: readonly JsonObject[], base: JsonObject): JsonObject {
  return schemas.reduce<JsonObject>((whole, schema) => {
    const required = [...list(whole.required), ...list(schema.required)];
    return {
      ...whole,
      ...schema,
      ...((whole.properties !== undefined || schema.properties !== undefined) && {
        properties: { ...(whole.properties as JsonObject), ...(schema.properties as JsonObject) },
      }),
      ...(required.length > 0 && { required: [...new Set(required)] }),
    };
  }, base);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
