/** Every word of the usage screen that is made of parts. */
import { FIRST_PARTY, type ModelView, type ProviderView } from '../../../core/index.ts';
import { compact, count, usd } from '../../words/numbers.ts';
import type { Metric, Total } from './totals.ts';

/** `$0.61`, `$0.61+` where a part of it has no price, `—` where nothing has. */
export function costWords({ usd: sum, partial }: Pick<Total, 'usd' | 'partial'>): string {
  if (sum === undefined) return '—';
  return partial ? `${usd(sum)}+` : usd(sum);
}

/** `61k`, and `≈ 61k` where some of it is a guess. */
export function tokenWords({ input, output, estimated }: Total): string {
  return `${estimated ? '≈ ' : ''}${compact(input + output)}`;
}

/** What went wrong, if anything: `3 failed`, `2 of 5 tries failed`. */
export function troubleWords(total: Total): string | undefined {
  const { requests, errors, attempts, failedAttempts } = total;
  if (errors > 0 && attempts <= requests) return `${errors.toLocaleString('en')} failed`;
  if (failedAttempts > 0)
    return `${failedAttempts.toLocaleString('en')} of ${count(attempts, 'try', 'tries')} failed`;
  return undefined;
}

export function metricWords(total: Total, metric: Metric): string {
  if (metric === 'usd') return costWords(total);
  return metric === 'tokens' ? `${tokenWords(total)} tokens` : count(total.requests, 'request');
}

/** A value of the chart's axis. */
export function axisWords(value: number, metric: Metric): string {
  if (metric === 'usd') return value > 0 && value < 0.01 ? `$${value}` : usd(value);
  return compact(value);
}

export function originWords(origin: string): string {
  return origin === FIRST_PARTY ? 'Gatehouse itself' : origin;
}

/** `Groq · main (gsk_…9fQ2)`; a key that is gone has only its provider. */
export function keyNames(providers: readonly ProviderView[]): ReadonlyMap<string, string> {
  return new Map(
    providers.flatMap(({ name, keys }) =>
      keys.map(({ id, label, preview }) => [id, `${name} · ${label} (${preview})`] as const),
    ),
  );
}

/** `$2.50 in, $10.00 out a million tokens, 2 Jul 2026` */
export function priceWords({ price, priceDate }: Pick<ModelView, 'price' | 'priceDate'>): string {
  if (price === undefined) return 'price unknown';
  if (price.input === 0 && price.output === 0) return 'free';
  const dated = priceDate === undefined ? '' : `, ${dateWords(priceDate)}`;
  return `${usd(price.input)} in, ${usd(price.output)} out a million tokens${dated}`;
}

/** `2 Jul 2026` */
export function dateWords(day: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(new Date(`${day}T12:00`));
}

/** `20 Nov` */
export function dayWords(day: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }).format(
    new Date(`${day}T12:00`),
  );
}

/** The chart in one sentence. */
export function chartWords(days: readonly { day: string }[], total: Total, metric: Metric): string {
  const [first, last] = [days[0]?.day ?? '', days.at(-1)?.day ?? ''];
  const what = { usd: 'Cost', tokens: 'Tokens', requests: 'Requests' }[metric];
  return `${what} by day from ${dayWords(first)} to ${dayWords(last)}, ${metricWords(total, metric)} in all.`;
}

export function shareWords(total: Total): string {
  const share = total.input === 0 ? 0 : total.cached / total.input;
  return `${compact(total.input)} in, ${compact(total.output)} out${
    share > 0 ? `, ${Math.round(share * 100)} % of the input from a cache` : ''
  }`;
}
