import type { UsageRecord } from '../../../core/index.ts';

/** What some records add up to. */
export interface Total {
  readonly requests: number;
  readonly errors: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  /** Absent where no price is known of any of it. */
  readonly usd?: number;
  /** Some of it has no known price: the sum is at least so much. */
  readonly partial: boolean;
  /** Some of the tokens are an estimate. */
  readonly estimated: boolean;
}

export type Metric = 'usd' | 'tokens' | 'requests';

export function totalOf(records: readonly UsageRecord[]): Total {
  let usd: number | undefined;
  const total = {
    requests: 0,
    errors: 0,
    attempts: 0,
    failedAttempts: 0,
    input: 0,
    output: 0,
    cached: 0,
  };
  let partial = false;
  let estimated = false;
  for (const record of records) {
    total.requests += record.requests;
    total.errors += record.errors;
    total.attempts += record.attempts ?? record.requests;
    total.failedAttempts += record.failedAttempts ?? record.errors;
    total.input += record.inputTokens;
    total.output += record.outputTokens;
    total.cached += record.cachedTokens;
    if (record.usd !== undefined) usd = (usd ?? 0) + record.usd;
    const hasTokens = record.inputTokens + record.outputTokens > 0;
    partial ||= (record.unpriced ?? (record.usd === undefined && hasTokens ? 1 : 0)) > 0;
    estimated ||= (record.estimated ?? 0) > 0;
  }
  return { ...total, ...(usd !== undefined && { usd }), partial, estimated };
}

export function valueOf(total: Total, metric: Metric): number {
  if (metric === 'usd') return total.usd ?? 0;
  return metric === 'tokens' ? total.input + total.output : total.requests;
}

export interface Group extends Total {
  readonly id: string;
}

function gather(
  records: readonly UsageRecord[],
  nameOf: (record: UsageRecord) => string,
): Map<string, UsageRecord[]> {
  const groups = new Map<string, UsageRecord[]>();
  for (const record of records) {
    const name = nameOf(record);
    const group = groups.get(name);
    if (group) group.push(record);
    else groups.set(name, [record]);
  }
  return groups;
}

/** One total for each thing that a record can be named by: those with the most first. */
export function groupBy(
  records: readonly UsageRecord[],
  nameOf: (record: UsageRecord) => string,
  metric: Metric,
): Group[] {
  return [...gather(records, nameOf)]
    .map(([id, of]) => ({ id, ...totalOf(of) }))
    .sort(
      (one, other) =>
        valueOf(other, metric) - valueOf(one, metric) ||
        other.requests - one.requests ||
        other.attempts - one.attempts,
    );
}

/** The days until one, the last included: `daysUntil('2026-03-01', 2)` is 28 February and 1 March. */
export function daysUntil(last: string, many: number): string[] {
  const [year = 0, month = 1, day = 1] = last.split('-').map(Number);
  return Array.from({ length: many }, (_, index) => {
    // Noon, so that no change of the clocks makes it another day.
    const date = new Date(year, month - 1, day - (many - 1 - index), 12);
    const two = (value: number) => String(value).padStart(2, '0');
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  });
}

/** Providers with a colour of their own; the rest share one. */
const MOST_STACKED = 4;
export const OTHERS = '';

export interface Stack {
  /** Provider ids, the largest first; `OTHERS` stands for the rest. */
  readonly series: readonly string[];
  readonly days: readonly { readonly day: string; readonly values: readonly number[] }[];
  readonly most: number;
}

/** For each day how much each of the large providers has of it. */
export function stackByDay(
  records: readonly UsageRecord[],
  days: readonly string[],
  metric: Metric,
): Stack {
  const largest = groupBy(records, ({ provider }) => provider, metric)
    .filter((group) => valueOf(group, metric) > 0)
    .map(({ id }) => id);
  const named = largest.slice(0, MOST_STACKED);
  const series = largest.length > MOST_STACKED ? [...named, OTHERS] : named;
  const byDay = gather(records, ({ day }) => day);
  const bars = days.map((day) => {
    const byProvider = gather(byDay.get(day) ?? [], ({ provider }) =>
      named.includes(provider) ? provider : OTHERS,
    );
    const values = series.map((id) => valueOf(totalOf(byProvider.get(id) ?? []), metric));
    return { day, values };
  });
  const most = Math.max(
    0,
    ...bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0)),
  );
  return { series, days: bars, most };
}

/** The least of 1, 2, 5, 10, 20, … times a power of ten that is not below: the top of an axis. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9)) ?? 10) * power;
}
