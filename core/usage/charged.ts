import type { Budgets } from '../permissions/budget.ts';
import type { Permissions } from '../permissions/grants.ts';
import { toSiteKey, toSubject } from '../permissions/match.ts';
import type { SiteCaller } from '../ports.ts';
import { costOf } from './cost.ts';
import type { CallUsage, UsageCounter } from './counter.ts';
import type { PriceOf } from './prices.ts';

interface ChargedParts {
  readonly counter: UsageCounter;
  readonly budgets: Pick<Budgets, 'add'>;
  readonly permissions: Pick<Permissions, 'find'>;
  readonly priceOf: PriceOf;
}

/** A counter that also charges each call to its site's budget. */
export function chargeSites(parts: ChargedParts): UsageCounter {
  const { counter } = parts;
  return {
    ...counter,
    async record(call) {
      const { caller } = call;
      await Promise.all([
        counter.record(call),
        caller.kind === 'site' ? charge(parts, caller, call) : undefined,
      ]);
    },
  };
}

/** All that was asked for the call costs, also what failed and who lost a race. */
async function charge(
  { budgets, permissions, priceOf }: ChargedParts,
  caller: SiteCaller,
  { attempts }: CallUsage,
): Promise<void> {
  const subject = toSubject(caller);
  if (subject === undefined) return;
  let [tokens, usd] = [0, 0];
  for (const { usage, provider, model } of attempts) {
    if (usage === undefined) continue;
    tokens += usage.input + usage.output;
    usd += costOf(usage, await priceOf(provider, model).catch(() => undefined)) ?? 0;
  }
  if (tokens === 0 && usd === 0) return;
  const site = await permissions.find(caller.origin, caller.topOrigin);
  await budgets.add(toSiteKey(site ?? subject), site, { tokens, usd });
}
