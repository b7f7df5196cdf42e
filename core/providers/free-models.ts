import type { CatalogModel } from '../storage/records.ts';
import { factsOf } from './model-facts.ts';
import { kindOfModel } from './model-kind.ts';
import type { Provider } from './provider.ts';

/** Rows R5, E7: a model that costs nothing by its name, and is large enough to be of use. */
export function isFree(model: CatalogModel): boolean {
  return /:free$/i.test(model.id) && !isSmall(model.id) && kindOfModel(model) === 'chat';
}

/** Billions of parameters, as names tell them: `gemma-3-4b-it`. */
const SMALLEST = 7;

function isSmall(id: string): boolean {
  const sizes = [...id.matchAll(/(?:^|[-_:/])(\d+(?:\.\d+)?)b(?=$|[-_:])/gi)].map(([, size]) =>
    Number(size),
  );
  return sizes.length > 0 && Math.max(...sizes) < SMALLEST;
}

interface Offer {
  readonly provider: Provider;
  readonly model: CatalogModel;
}

/** The longest context window first; those whose window no one tells come last. */
export function byWindow<T extends Offer>(offers: readonly T[]): T[] {
  const windowOf = ({ provider, model }: T) => factsOf(provider.id, model).contextWindow ?? 0;
  return offers
    .map((offer) => [offer, windowOf(offer)] as const)
    .sort(([, one], [, other]) => other - one)
    .map(([offer]) => offer);
}
