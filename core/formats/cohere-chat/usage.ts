import type { Usage } from '../chat.ts';
import { asCount, asObject } from '../json.ts';

/** What the model read and wrote; where that is not told, what was billed. */
export function decodeUsage(value: unknown): Usage | undefined {
  const wire = asObject(value);
  const tokens = asObject(wire?.tokens) ?? asObject(wire?.billed_units);
  const input = asCount(tokens?.input_tokens);
  const output = asCount(tokens?.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cachedInput = asCount(wire?.cached_tokens);
  const reasoning = asCount(tokens?.reasoning_tokens);
  return {
    input: input ?? 0,
    output: output ?? 0,
    ...(cachedInput !== undefined && { cachedInput }),
    ...(reasoning !== undefined && { reasoning }),
  };
}
