import { asObject, type JsonObject } from '../json.ts';

/** Fields whose value is a person's own JSON: its keys are not ours to spell. */
const OPAQUE = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'responseSchema',
  'responseJsonSchema',
  'labels',
]);

/** Google reads `generation_config` as `generationConfig`, at any depth. */
export function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase);
  const object = asObject(value);
  if (object === undefined) return value;
  const camel: JsonObject = {};
  for (const [key, inner] of Object.entries(object)) {
    if (key === '__proto__') continue;
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    camel[name] = OPAQUE.has(name) ? inner : toCamelCase(inner);
  }
  return camel;
}
