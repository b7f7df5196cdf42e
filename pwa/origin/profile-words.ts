/** What a profile lets the sites do that have it, in one line. */
import type { ProfileRecord, SiteRecord } from '../../core/index.ts';
import { compact, count, usd } from '../words/numbers.ts';

type Limits = NonNullable<SiteRecord['limits']>;

/** `openai/*; only key openai/main; up to $1.00 a day, 60 requests a minute` */
export function profileWords({
  keys,
  models = ['*'],
  defaultModel,
  limits = {},
}: ProfileRecord): string {
  const most = limitWords(limits);
  return [
    models.includes('*') ? 'Any model' : few(models, 'no model'),
    keys === undefined
      ? 'all your keys'
      : keys.length === 0
        ? 'none of your keys'
        : `only ${keys.length === 1 ? 'key' : 'keys'} ${few(keys)}`,
    ...(defaultModel === undefined ? [] : [`${defaultModel} where it names none`]),
    most.length === 0 ? 'no limit' : `up to ${most.join(', ')}`,
  ].join('; ');
}

function few(names: readonly string[], none = ''): string {
  if (names.length === 0) return none;
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${more}`;
}

const WORDS: { readonly [Name in keyof Limits]-?: (value: number) => string } = Object.freeze({
  usdPerDay: (value) => `${usd(value)} a day`,
  usdPerWeek: (value) => `${usd(value)} a week`,
  usdPerMonth: (value) => `${usd(value)} a month`,
  tokensPerDay: (value) => `${compact(value)} tokens a day`,
  tokensPerWeek: (value) => `${compact(value)} tokens a week`,
  tokensPerMonth: (value) => `${compact(value)} tokens a month`,
  requestsPerMinute: (value) => `${count(value, 'request')} a minute`,
  concurrentRequests: (value) => `${count(value, 'request')} at once`,
  maxTokens: (value) => `${compact(value)} tokens an answer`,
});

/** In an order that does not depend on who wrote them down. */
function limitWords(limits: Limits): string[] {
  return (Object.keys(WORDS) as (keyof Limits)[]).flatMap((name) => {
    const value = limits[name];
    return value === undefined ? [] : [WORDS[name](value)];
  });
}
