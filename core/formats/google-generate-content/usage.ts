import type { Usage } from '../chat.ts';
import { asCount, asObject, type JsonObject } from '../json.ts';

/** Google counts thoughts beside the answer; the canonical output is both. */
export function decodeUsage(value: unknown): Usage | undefined {
  const wire = asObject(value);
  const input = asCount(wire?.promptTokenCount);
  const answer = asCount(wire?.candidatesTokenCount);
  const reasoning = asCount(wire?.thoughtsTokenCount);
  if (wire === undefined || (input === undefined && answer === undefined)) return undefined;
  const cachedInput = asCount(wire.cachedContentTokenCount);
  return {
    input: input ?? 0,
    output: (answer ?? 0) + (reasoning ?? 0),
    ...(cachedInput !== undefined && { cachedInput }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

export function encodeUsage(usage: Usage): JsonObject {
  const { input, output, cachedInput } = usage;
  const reasoning = usage.reasoning === undefined ? undefined : Math.min(usage.reasoning, output);
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - (reasoning ?? 0),
    ...(reasoning !== undefined && { thoughtsTokenCount: reasoning }),
    ...(cachedInput !== undefined && { cachedContentTokenCount: cachedInput }),
    totalTokenCount: input + output,
  };
}
