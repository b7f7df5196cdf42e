import type { Usage } from './chat.ts';
import { asCount, asObject, type JsonObject } from './json.ts';

/** Where the providers' answers and events keep their counts, from the outside in. */
const PLACES: readonly (readonly string[])[] = [
  ['usage'],
  ['usageMetadata'],
  ['message', 'usage'],
  ['response', 'usage'],
  ['meta', 'tokens'],
  ['meta', 'billed_units'],
];

/** The counts of an answer, or of one event of it, in whatever format; undefined where it has none. */
export function findUsage(body: unknown): Usage | undefined {
  for (const place of PLACES) {
    const found = asObject(place.reduce<unknown>((inner, name) => asObject(inner)?.[name], body));
    const usage = found && toUsage(found);
    if (usage !== undefined) return usage;
  }
  return undefined;
}

function toUsage(wire: JsonObject): Usage | undefined {
  const first = (...names: string[]) =>
    names.map((name) => asCount(wire[name])).find((count) => count !== undefined);
  // Anthropic counts what it read from its cache, and wrote to it, beside the rest of the input.
  const cached = asCount(wire.cache_read_input_tokens);
  const written = asCount(wire.cache_creation_input_tokens);
  const input = first('prompt_tokens', 'input_tokens', 'promptTokenCount', 'inputTokens');
  const output = first(
    'completion_tokens',
    'output_tokens',
    'candidatesTokenCount',
    'outputTokens',
  );
  const cost = first('cost') ?? asCount(asObject(wire.cost)?.total_cost);
  if (input === undefined && output === undefined && cost === undefined) return undefined;
  return {
    input: (input ?? 0) + (cached ?? 0) + (written ?? 0),
    output: output ?? 0,
    ...(cached !== undefined && { cachedInput: cached }),
    ...(cost !== undefined && { costUsd: cost }),
  };
}

/** Counts of a stream's events come one after the other, each the whole so far. */
export function mergeUsage(before: Usage | undefined, next: Usage | undefined): Usage | undefined {
  if (before === undefined || next === undefined) return next ?? before;
  return {
    ...before,
    ...next,
    input: Math.max(before.input, next.input),
    output: Math.max(before.output, next.output),
  };
}
