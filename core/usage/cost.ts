import type { Usage } from '../formats/chat.ts';
import type { ModelPrice } from '../storage/records.ts';

const MILLION = 1_000_000;

/**
 * What a call cost in USD: what the provider says it charged, else tokens times price. Undefined where
 * neither is known; a price is never invented.
 */
export function costOf(
  usage: Usage | undefined,
  price: ModelPrice | undefined,
): number | undefined {
  if (usage?.costUsd !== undefined || usage === undefined) return usage?.costUsd;
  if (price === undefined) return undefined;
  const read = Math.min(usage.cachedInput ?? 0, usage.input);
  const written = Math.min(usage.cacheWrite ?? 0, usage.input - read);
  const cost =
    (usage.input - read - written) * price.input +
    read * (price.cacheRead ?? price.input) +
    written * (price.cacheWrite ?? price.input) +
    usage.output * price.output;
  return cost / MILLION;
}
