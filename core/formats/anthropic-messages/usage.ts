import type { Usage } from '../chat.ts';
import { asCount, asObject, type JsonObject } from '../json.ts';

/**
 * Anthropic's `input_tokens` are those that were neither read from the cache nor written to it; the
 * canonical input is all of them.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  const wire = asObject(value);
  const fresh = asCount(wire?.input_tokens);
  const output = asCount(wire?.output_tokens);
  if (wire === undefined || (fresh === undefined && output === undefined)) return undefined;
  const cachedInput = asCount(wire.cache_read_input_tokens);
  const cacheWrite = asCount(wire.cache_creation_input_tokens);
  const reasoning = asCount(asObject(wire.output_tokens_details)?.thinking_tokens);
  return {
    input: (fresh ?? 0) + (cachedInput ?? 0) + (cacheWrite ?? 0),
    output: output ?? 0,
    ...(cachedInput !== undefined && { cachedInput }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

/** What was cached is never more than the whole: Azure's Grok counts it apart. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const { input = 0, output = 0, cachedInput, cacheWrite, reasoning } = usage ?? {};
  const read = Math.min(cachedInput ?? 0, input);
  const written = Math.min(cacheWrite ?? 0, input - read);
  return {
    input_tokens: input - read - written,
    ...(cacheWrite !== undefined && { cache_creation_input_tokens: written }),
    ...(cachedInput !== undefined && { cache_read_input_tokens: read }),
    output_tokens: output,
    ...(reasoning !== undefined && { output_tokens_details: { thinking_tokens: reasoning } }),
  };
}
