import type { Usage } from '../chat.ts';
import { type JsonObject, asObject } from '../json.ts';

/** A provider's `usage` -> canonical, or undefined where it holds no counts yet. */
export function decodeUsage(wire: unknown): Usage | undefined {
  const usage = asObject(wire);
  if (usage === undefined) return undefined;
  const input = count(usage.prompt_tokens) ?? count(usage.input_tokens);
  const output = count(usage.completion_tokens) ?? count(usage.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const inputDetails = asObject(usage.prompt_tokens_details);
  const outputDetails = asObject(usage.completion_tokens_details);
  const canonical: Usage = { input: input ?? 0, output: output ?? 0 };
  const set = (
    key: 'cachedInput' | 'cacheWrite' | 'reasoning' | 'costUsd',
    value: number | undefined,
  ) => {
    if (value !== undefined) canonical[key] = value;
  };
  set(
    'cachedInput',
    count(inputDetails?.cached_tokens) ??
      count(usage.prompt_cache_hit_tokens) ??
      count(usage.cached_tokens) ??
      count(usage.cache_read_input_tokens),
  );
  set(
    'cacheWrite',
    count(inputDetails?.cache_write_tokens) ?? count(usage.cache_creation_input_tokens),
  );
  set('reasoning', count(outputDetails?.reasoning_tokens) ?? count(usage.reasoning_tokens));
  set('costUsd', count(usage.cost) ?? count(asObject(usage.cost)?.total_cost));
  return canonical;
}

export function encodeUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    ...((usage.cachedInput !== undefined || usage.cacheWrite !== undefined) && {
      prompt_tokens_details: {
        cached_tokens: usage.cachedInput ?? 0,
        ...(usage.cacheWrite !== undefined && { cache_write_tokens: usage.cacheWrite }),
      },
    }),
    ...(usage.reasoning !== undefined && {
      completion_tokens_details: { reasoning_tokens: usage.reasoning },
    }),
    ...(usage.costUsd !== undefined && { cost: usage.costUsd }),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
