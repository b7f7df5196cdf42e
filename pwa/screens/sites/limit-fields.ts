/** The limits of a site or a profile as fields of a form. */
import type { SiteRecord } from '../../../core/index.ts';
import { toLimit, toMoney } from './words.ts';

export type Limits = NonNullable<SiteRecord['limits']>;

export interface LimitField {
  readonly name: keyof Limits;
  readonly label: string;
  /** Nothing where the field is empty; throws with words. */
  readonly parse: (text: string) => number | undefined;
}

const from = (least: number) => (text: string) => toLimit(text, least);

export const LIMITS: readonly LimitField[] = Object.freeze([
  { name: 'usdPerDay', label: 'Dollars a day', parse: toMoney },
  { name: 'tokensPerDay', label: 'Tokens a day', parse: from(0) },
  { name: 'requestsPerMinute', label: 'Requests a minute', parse: from(1) },
  { name: 'maxTokens', label: 'Tokens an answer', parse: from(1) },
]);

export const MORE_LIMITS: readonly LimitField[] = Object.freeze([
  { name: 'usdPerWeek', label: 'Dollars a week', parse: toMoney },
  { name: 'usdPerMonth', label: 'Dollars a month', parse: toMoney },
  { name: 'tokensPerWeek', label: 'Tokens a week', parse: from(0) },
  { name: 'tokensPerMonth', label: 'Tokens a month', parse: from(0) },
  { name: 'concurrentRequests', label: 'Requests at once', parse: from(1) },
]);
