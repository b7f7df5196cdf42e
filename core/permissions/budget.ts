import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { ModelPrice, SiteRecord } from '../storage/records.ts';
import { endOf, PERIODS, startOf, type Period } from './periods.ts';

/** What a call may use at most, before it is sent. */
export interface Need {
  /** About so many tokens. */
  readonly input: number;
  /** Absent: this kind of call has no answer of tokens. */
  readonly output?: {
    /** As the caller wrote it, for each of its answers. */
    readonly named?: number;
    /** What the model gives at most. */
    readonly most?: number;
    /** How many answers are wanted. */
    readonly answers: number;
  };
  /** The dearest of where it may go, in USD per million tokens; absent: no one knows it. */
  readonly price?: ModelPrice;
}

/** What one call holds of its site's budget until it has ended. */
export interface Hold {
  /** The call must not ask for a longer answer. */
  readonly mostOutput?: number;
  /** Await it before the call is sent: from then on the worker's death does not make it free. */
  persist(): Promise<void>;
  /** What was really used has been added by then. May be called more than once. */
  release(): void;
}

export interface Amount {
  readonly tokens: number;
  readonly usd: number;
}

/** One limit of a site, and how much of it is used: `held` by calls that run now. */
export interface BudgetView {
  readonly unit: 'tokens' | 'usd';
  readonly period: Period;
  readonly limit: number;
  readonly used: number;
  readonly held: number;
  /** When it begins anew, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/** Tokens and money of each site, by the key of its grant. */
export interface Budgets {
  /** Throws `site_budget_exceeded`, `scope_denied` where a price is needed and unknown. */
  reserve(key: string, site: SiteRecord, need: Need): Promise<Hold>;
  /** Counts what was used, and tells the person once where little is left. */
  add(key: string, site: SiteRecord | undefined, used: Amount): Promise<void>;
  view(key: string, site: SiteRecord): Promise<BudgetView[]>;
}

interface Ledger {
  spent: Record<Period, { startsAt: number } & Amount>;
  /** What calls hold that may have been sent. */
  open: Record<string, Amount>;
  /** The periods for which the person was told that little is left. */
  told: Partial<Record<string, number>>;
}

const LIMITS = Object.freeze([
  { name: 'tokensPerDay', unit: 'tokens', period: 'day' },
  { name: 'tokensPerWeek', unit: 'tokens', period: 'week' },
  { name: 'tokensPerMonth', unit: 'tokens', period: 'month' },
  { name: 'usdPerDay', unit: 'usd', period: 'day' },
  { name: 'usdPerWeek', unit: 'usd', period: 'week' },
  { name: 'usdPerMonth', unit: 'usd', period: 'month' },
] as const);

/** From this share on the person is told. */
export const NEARLY_USED = 0.8;
/** An answer that no one limited, where a limit must hold. */
export const USUAL_OUTPUT = 16_384;
/** A shorter answer is not worth the call. */
const LEAST_OUTPUT = 256;
const MILLION = 1_000_000;
/** Sums of cents are not exact. */
const ROUNDING = 1e-9;
/** A call that runs may end at any time. */
const WAIT_FOR_OTHERS_MS = 5_000;

export function createBudgets({
  now,
  randomId,
  openDatabase,
  publish,
}: Pick<Ports, 'now' | 'randomId' | 'openDatabase' | 'publish'>): Budgets {
  const ledgers = new Map<string, Promise<Ledger>>();
  /** Held by calls of this worker, sent or not. */
  const held = new Map<string, Map<string, Amount>>();
  const running = new Map<string, number>();
  const writing = new Map<string, { current: Promise<void>; next?: Promise<void> }>();

  async function read(key: string): Promise<Ledger> {
    const ledger = toLedger(await (await openDatabase()).get('state', toStateKey(key)), now());
    // Left by a worker that died: what these calls used no one knows, so it is all that they held.
    for (const [id, amount] of Object.entries(ledger.open)) {
      charge(ledger, amount, now());
      delete ledger.open[id];
    }
    return ledger;
  }

  async function load(key: string): Promise<Ledger> {
    let ledger = ledgers.get(key);
    if (ledger === undefined) {
      ledger = read(key);
      ledgers.set(key, ledger);
      ledger.catch(() => ledgers.delete(key));
    }
    return ledger;
  }

  async function put(key: string): Promise<void> {
    const ledger = await load(key);
    const database = await openDatabase();
    const transaction = database.transaction('state', 'readwrite', { durability: 'relaxed' });
    await transaction.store.put(structuredClone(ledger), toStateKey(key));
    await transaction.done;
  }

  /** Resolves when what is in the ledger now is written. One write at a time; the rest share the next. */
  function write(key: string): Promise<void> {
    const busy = writing.get(key);
    if (busy) {
      busy.next ??= busy.current.catch(() => undefined).then(() => begin(key));
      return busy.next;
    }
    return begin(key);
  }

  function begin(key: string): Promise<void> {
    const entry = { current: put(key) };
    writing.set(key, entry);
    const done = () => writing.get(key) === entry && writing.delete(key);
    entry.current.then(done, done);
    return entry.current;
  }

  function heldOf(key: string): Amount {
    let [tokens, usd] = [0, 0];
    for (const amount of held.get(key)?.values() ?? []) {
      tokens += amount.tokens;
      usd += amount.usd;
    }
    return { tokens, usd };
  }

  function viewOf(key: string, ledger: Ledger, { limits = {} }: SiteRecord): BudgetView[] {
    roll(ledger, now());
    const holding = heldOf(key);
    return LIMITS.flatMap(({ name, unit, period }) => {
      const limit = limits[name];
      if (limit === undefined) return [];
      const used = ledger.spent[period][unit];
      return { unit, period, limit, used, held: holding[unit], endsAt: endOf(period, now()) };
    });
  }

  return {
    async reserve(key, site, need) {
      const ledger = await load(key);
      // From here to the entry nothing is awaited: calls that come at once see each other.
      const { maxTokens, concurrentRequests } = site.limits ?? {};
      const count = running.get(key) ?? 0;
      if (concurrentRequests !== undefined && count >= concurrentRequests)
        throw tooMany(site.origin, concurrentRequests);
      const budgets = viewOf(key, ledger, site);
      const price = priceFor(need, budgets, site.origin);
      const mostOutput = outputFor(need, price, budgets, maxTokens, (budget, wanted) =>
        exceeded(site.origin, budget, wanted, now()),
      );
      const amount = amountOf(need, price, mostOutput);
      for (const budget of budgets)
        if (budget.used + budget.held + amount[budget.unit] > budget.limit + ROUNDING)
          throw exceeded(site.origin, budget, amount[budget.unit], now());

      const id = randomId();
      running.set(key, count + 1);
      if (budgets.length > 0) {
        const ofSite = held.get(key) ?? new Map<string, Amount>();
        held.set(key, ofSite.set(id, amount));
      }
      let isOpen = true;
      return {
        ...(mostOutput !== undefined && { mostOutput }),
        async persist() {
          if (!isOpen || budgets.length === 0 || id in ledger.open) return;
          ledger.open[id] = amount;
          await write(key);
        },
        release() {
          if (!isOpen) return;
          isOpen = false;
          const left = (running.get(key) ?? 1) - 1;
          if (left > 0) running.set(key, left);
          else running.delete(key);
          held.get(key)?.delete(id);
          if (!(id in ledger.open)) return;
          delete ledger.open[id];
          write(key).catch(() => undefined);
        },
      };
    },

    async add(key, site, used) {
      const ledger = await load(key);
      charge(ledger, used, now());
      if (site) {
        for (const budget of viewOf(key, ledger, site)) {
          const name = `${budget.unit} ${budget.period}`;
          if (budget.used < budget.limit * NEARLY_USED || ledger.told[name] === budget.endsAt)
            continue;
          ledger.told[name] = budget.endsAt;
          publish({ topic: 'budgets' });
        }
      }
      await write(key);
    },

    async view(key, site) {
      return viewOf(key, await load(key), site);
    },
  };
}

const toStateKey = (key: string) => `budget ${key}`;

/** What is stored, or an empty one where that is none. */
function toLedger(stored: unknown, time: number): Ledger {
  const { spent, open, told } = (stored ?? {}) as Partial<Ledger>;
  const ledger: Ledger = {
    spent: {} as Ledger['spent'],
    open: { ...open },
    told: { ...told },
  };
  for (const period of PERIODS)
    ledger.spent[period] = spent?.[period] ?? {
      startsAt: startOf(period, time),
      tokens: 0,
      usd: 0,
    };
  return ledger;
}

/** Begins what is over anew; also where the clock was set back. */
function roll(ledger: Ledger, time: number): void {
  for (const period of PERIODS) {
    const startsAt = startOf(period, time);
    if (ledger.spent[period].startsAt !== startsAt)
      ledger.spent[period] = { startsAt, tokens: 0, usd: 0 };
  }
}

function charge(ledger: Ledger, { tokens, usd }: Amount, time: number): void {
  roll(ledger, time);
  for (const period of PERIODS) {
    const { startsAt, ...before } = ledger.spent[period];
    ledger.spent[period] = { startsAt, tokens: before.tokens + tokens, usd: before.usd + usd };
  }
}

/** The price per token. A limit of money can't hold a call of which no one knows what it costs. */
function priceFor(
  { price }: Need,
  budgets: readonly BudgetView[],
  origin: string,
): { input: number; output: number } {
  if (price === undefined && budgets.some(({ unit }) => unit === 'usd'))
    throw new RouterError(
      'scope_denied',
      `${origin} has a limit of money, and no one knows the price of this model. Choose another model, or take the limit away under Sites.`,
      { param: 'model' },
    );
  // Some providers take more for what they write into their cache.
  const input = Math.max(price?.input ?? 0, price?.cacheWrite ?? 0);
  return { input: input / MILLION, output: (price?.output ?? 0) / MILLION };
}

/**
 * How long each answer may be: what the caller named, within the site's own limit. Where it named
 * nothing and a budget must hold, the usual length, and at most half of what is left, so that calls
 * beside it have room.
 */
function outputFor(
  { input, output }: Need,
  price: { input: number; output: number },
  budgets: readonly BudgetView[],
  maxTokens: number | undefined,
  refuse: (budget: BudgetView, wanted: number) => RouterError,
): number | undefined {
  if (output === undefined) return undefined;
  const given = least(output.named, maxTokens);
  if (given !== undefined && output.named !== undefined) return given;
  let longest = Infinity;
  for (const budget of budgets) {
    const perToken = (budget.unit === 'usd' ? price.output : 1) * output.answers;
    const ofInput = budget.unit === 'usd' ? input * price.input : input;
    if (perToken === 0) continue;
    const left = budget.limit - budget.used - budget.held - ofInput;
    const all = Math.floor(left / perToken + ROUNDING);
    const mine = Math.max(Math.floor(all / 2), Math.min(all, LEAST_OUTPUT));
    if (mine < LEAST_OUTPUT) throw refuse(budget, ofInput + LEAST_OUTPUT * perToken);
    longest = Math.min(longest, mine);
  }
  if (longest === Infinity) return given;
  return least(given, output.most, USUAL_OUTPUT, longest);
}

function least(...values: (number | undefined)[]): number | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === 0 ? undefined : Math.min(...defined);
}

function amountOf(
  { input, output }: Need,
  price: { input: number; output: number },
  mostOutput: number | undefined,
): Amount {
  const written = (mostOutput ?? 0) * (output?.answers ?? 0);
  return { tokens: input + written, usd: input * price.input + written * price.output };
}

const PERIOD_WORDS = Object.freeze({ day: 'today', week: 'this week', month: 'this month' });
const RESET_WORDS = Object.freeze({ day: 'at 00:00', week: 'on Monday', month: 'on the 1st' });

function exceeded(
  origin: string,
  { unit, period, limit, used, held, endsAt }: BudgetView,
  wanted: number,
  time: number,
): RouterError {
  const what = unit === 'usd' ? `$${limit.toFixed(2)}` : `${limit} tokens`;
  // It would fit if it were not for the calls that run now.
  const others = held > 0 && used + wanted <= limit;
  const left = limit - used;
  const leftWords = unit === 'usd' ? `$${left.toFixed(2)}` : `${Math.floor(left)} tokens`;
  const has =
    left > 0
      ? `has ${leftWords} left of its ${what} for ${PERIOD_WORDS[period]}, and this call may need more`
      : `has used its ${what} for ${PERIOD_WORDS[period]}`;
  const message = others
    ? `Calls of ${origin} that run now hold what is left of its ${what} for ${PERIOD_WORDS[period]}. Try again when they have ended.`
    : `${origin} ${has}. Resets ${RESET_WORDS[period]}; or raise it under Sites.`;
  return new RouterError('site_budget_exceeded', message, {
    retryAfterMs: others ? WAIT_FOR_OTHERS_MS : endsAt - time,
  });
}

const tooMany = (origin: string, limit: number) =>
  new RouterError(
    'site_budget_exceeded',
    `${origin} may have ${limit} ${limit === 1 ? 'request' : 'requests'} running at once. Try again when one has ended.`,
    { retryAfterMs: 1_000 },
  );
