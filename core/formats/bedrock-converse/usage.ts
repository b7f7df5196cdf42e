import type { Usage } from '../chat.ts';
import { asCount, asObject } from '../json.ts';

/** `inputTokens` are those that were neither read from the cache nor written to it; ours are all of them. */
export function decodeUsage(value: unknown): Usage | undefined {
  const wire = asObject(value);
  const fresh = asCount(wire?.inputTokens);
  const output = asCount(wire?.outputTokens);
  if (wire === undefined || (fresh === undefined && output === undefined)) return undefined;
  const cachedInput = asCount(wire.cacheReadInputTokens);
  const cacheWrite = asCount(wire.cacheWriteInputTokens);
  return {
    input: (fresh ?? 0) + (cachedInput ?? 0) + (cacheWrite ?? 0),
    output: output ?? 0,
    ...(cachedInput !== undefined && { cachedInput }),
    ...(cacheWrite !== undefined && { cacheWrite }),
  };
}
