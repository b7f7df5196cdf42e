/** Every word of the popup that is made of parts. */
import type { LiveRequest, ProviderView, UsageSummary } from '../../core/index.ts';
import { FIRST_PARTY } from '../../core/index.ts';
import { toShortName } from '../../pwa/origin/origin-name.ts';
import { compact, count, usd } from '../../pwa/words/numbers.ts';

export interface Trouble {
  readonly text: string;
  readonly provider: string;
}

/** One line of trouble, if any: a key that its provider refused. */
export function troubleOf(providers: readonly ProviderView[]): Trouble | undefined {
  for (const { id, name, enabled, keys } of providers) {
    if (enabled && keys.some((key) => key.enabled && key.check?.state === 'invalid')) {
      return { provider: id, text: `${name} refused a key.` };
    }
  }
  return undefined;
}

/** `41 requests · 61k tokens · $0.61` */
export function usageWords(usage: UsageSummary): string {
  const parts = [
    count(usage.requests, 'request'),
    `${compact(usage.inputTokens + usage.outputTokens)} tokens`,
  ];
  if (usage.usd !== undefined && usage.usd > 0) parts.push(usd(usage.usd));
  return usage.requests === 0 ? 'nothing yet' : parts.join(' · ');
}

/** Who a live request belongs to. */
export function callerOf(request: LiveRequest): string {
  return request.origin === FIRST_PARTY ? 'Gatehouse' : toShortName(request.origin);
}

const STATES: Readonly<Record<LiveRequest['state'], string>> = Object.freeze({
  waiting: 'waiting for you',
  sent: 'sent',
  streaming: 'answering',
});

/** `llama-3.3-70b · Groq` */
export function targetOf(request: LiveRequest): string {
  return [request.model, request.provider].filter(Boolean).join(' · ') || 'no model yet';
}

export const stateOf = (request: LiveRequest): string => STATES[request.state];
