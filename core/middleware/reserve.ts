import type { ChatRequest } from '../formats/chat.ts';
import { estimateTokens } from '../formats/estimate-tokens.ts';
import type { Budgets, Hold, Need } from '../permissions/budget.ts';
import type { Grant } from '../permissions/grants.ts';
import { tableFacts } from '../providers/model-facts.ts';
import type { ModelPrice } from '../storage/records.ts';
import type { PriceOf } from '../usage/prices.ts';
import type { Target } from './resolve.ts';

/** What a call asks for, before it is known where it goes. */
export interface Wanted {
  /** About how many tokens the input is. */
  readonly input: number;
  readonly output?: { readonly named?: number; readonly answers: number };
}

/** The site's budget holds the call, or throws. Our own pages have none. */
export type Reserve = (
  grant: Grant,
  targets: readonly Target[],
  wanted: () => Wanted,
) => Promise<Reserved>;

export interface Reserved {
  /** Those that may be asked under the site's limits. */
  readonly targets: readonly Target[];
  readonly hold?: Hold;
}

/** `times`: so often may it be asked in all, where a try beside or after another one is paid, too. */
export function wantedBy(chat: ChatRequest, times = 1): Wanted {
  return {
    input: estimateTokens(chat) * times,
    output: {
      ...(chat.maxOutputTokens !== undefined && { named: chat.maxOutputTokens }),
      answers: (chat.choices ?? 1) * times,
    },
  };
}

/**
 * Row SP5: holds what the call may use at most of its site's budget, at the price of the dearest
 * target. Where money is limited, a target whose price no one knows is left out.
 */
export function createReserve(budgets: Pick<Budgets, 'reserve'>, priceOf: PriceOf): Reserve {
  return async ({ site, key }, targets, wanted) => {
    // Our own pages have no limits, and most sites none that must be held before the answer.
    if (site?.limits === undefined || key === undefined) return { targets };
    const { usdPerDay, usdPerWeek, usdPerMonth } = site.limits;
    const isOfMoney = [usdPerDay, usdPerWeek, usdPerMonth].some((limit) => limit !== undefined);
    const known = await Promise.all(
      targets.map(async (target) => ({
        target,
        price: await priceOf(target.provider.id, target.model),
        most: tableFacts(target.provider.id, target.model)?.maxOutput,
      })),
    );
    const priced = known.filter(({ price }) => price !== undefined);
    const chosen = isOfMoney && priced.length > 0 ? priced : known;
    const { input, output } = wanted();
    const need: Need = {
      input,
      ...(output && {
        output: { ...output, ...mostOf(chosen.map(({ most }) => most)) },
      }),
      ...dearest(chosen.map(({ price }) => price)),
    };
    const hold = await budgets.reserve(key, site, need);
    return { targets: chosen.map(({ target }) => target), hold };
  };
}

function mostOf(values: readonly (number | undefined)[]): { most?: number } {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? {} : { most: Math.max(...known) };
}

/** No price at all where that of one is unknown. */
function dearest(prices: readonly (ModelPrice | undefined)[]): { price?: ModelPrice } {
  const known = prices.filter((price) => price !== undefined);
  if (known.length < prices.length || known.length === 0) return {};
  const most = (pick: (price: ModelPrice) => number) => Math.max(...known.map(pick));
  return {
    price: {
      input: most(({ input, cacheWrite = 0 }) => Math.max(input, cacheWrite)),
      output: most(({ output }) => output),
    },
  };
}
