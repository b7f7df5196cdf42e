import type { Usage } from '../chat.ts';
import { asCount, asObject, type JsonObject } from '../json.ts';

export function decodeUsage(value: unknown): Usage | undefined {
  const wire = asObject(value);
  const input = asCount(wire?.input_tokens);
  const output = asCount(wire?.output_tokens);
  if (wire === undefined || (input === undefined && output === undefined)) return undefined;
  const cachedInput = asCount(asObject(wire.input_tokens_details)?.cached_tokens);
  const reasoning = asCount(asObject(wire.output_tokens_details)?.reasoning_tokens);
  const costUsd = asCount(wire.cost);
  return {
    input: input ?? 0,
    output: output ?? 0,
    ...(cachedInput !== undefined && { cachedInput }),
    ...(reasoning !== undefined && { reasoning }),
    ...(costUsd !== undefined && { costUsd }),
  };
}

/** The details are required here, so what no one counted is zero. */
export function encodeUsage(usage: Usage | undefined): JsonObject | null {
  if (usage === undefined) return null;
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cachedInput ?? 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.input + usage.output,
  };
}
