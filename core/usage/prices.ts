import type { Catalogue } from '../providers/catalogue.ts';
import { factsOf } from '../providers/model-facts.ts';
import type { Registry } from '../providers/registry.ts';
import type { ModelPrice } from '../storage/records.ts';

/** What a provider's model costs, in USD per million tokens; undefined where no one says. */
export type PriceOf = (providerId: string, model: string) => Promise<ModelPrice | undefined>;

const FREE: ModelPrice = Object.freeze({ input: 0, output: 0 });

export function createPrices(
  registry: Pick<Registry, 'find'>,
  catalogue: Pick<Catalogue, 'cached'>,
): PriceOf {
  return async (providerId, model) => {
    const provider = await registry.find(providerId);
    if (provider === undefined) return factsOf(providerId, { id: model }).price;
    // The person's own machine sends no bill.
    if (provider.local || provider.builtIn) return FREE;
    const listed = (await catalogue.cached(provider)).find(({ id }) => id === model);
    return factsOf(providerId, listed ?? { id: model }).price;
  };
}
