/** Every word of the keys screen that is made of parts. */
import type {
  Cooldown,
  KeyCheck,
  KeyView,
  OnDeviceState,
  ProviderView,
} from '../../../core/index.ts';
import { compact, count } from '../../words/numbers.ts';
import { ago, day, timeOfDay } from '../../words/time.ts';

export interface StatusWords {
  readonly kind: 'ok' | 'warn' | 'danger' | 'off';
  readonly text: string;
}

/** `works · 14 models`, `refused: invalid x-api-key` */
export function checkWords(check: KeyCheck | undefined): StatusWords {
  if (!check) return { kind: 'off', text: 'not checked' };
  const said = check.message;
  switch (check.state) {
    case 'valid':
      return {
        kind: 'ok',
        text:
          said ??
          (check.models === undefined ? 'works' : `works · ${count(check.models, 'model')}`),
      };
    case 'rate-limited':
      return { kind: 'warn', text: said ?? 'works, but asks to wait' };
    case 'invalid':
      return { kind: 'danger', text: said ? `refused: ${said}` : 'refused' };
    default:
      return { kind: 'off', text: said ?? 'saved, not checked' };
  }
}

/** `212 ms · 998 requests left` */
export function checkDetails({ latencyMs, remaining }: KeyCheck): string {
  return [
    latencyMs === undefined ? undefined : `${Math.round(latencyMs)} ms`,
    remaining?.requests === undefined ? undefined : `${count(remaining.requests, 'request')} left`,
    remaining?.tokens === undefined ? undefined : `${compact(remaining.tokens)} tokens left`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** `14:05`, and the day where it is not today: `23 Nov 14:05` */
export function untilWords(until: number, now = Date.now()): string {
  const isToday = new Date(until).toDateString() === new Date(now).toDateString();
  return isToday ? timeOfDay(until) : `${day(until, now)} ${timeOfDay(until)}`;
}

/** `resting until 14:05: 429, Slow down.` What it is about stands before it. */
export function cooldownWords(cooldown: Cooldown, now = Date.now()): StatusWords {
  const { state, status, message, until, failures, since } = cooldown;
  const why = `${status}, ${message}`;
  const back = until === undefined ? '' : untilWords(until, now);
  if (state === 'aside')
    return { kind: 'danger', text: `set aside ${ago(since, now)}, as it was refused: ${why}` };
  if (state === 'cooling') return { kind: 'warn', text: `resting until ${back}: ${why}` };
  return {
    kind: 'warn',
    text: `asked last until ${back}, after ${count(failures, 'failure')} in a row: ${why}`,
  };
}

/** What the person can do about it. */
export function cooldownAdvice({ state, scope }: Cooldown): string {
  if (state === 'aside')
    return 'It is asked only where nothing else can be. Replace it, or reset it once it is valid again.';
  return scope === 'provider'
    ? 'It comes back by itself. Reset asks it again at once.'
    : 'Others take its turn meanwhile. Reset asks it again at once.';
}

/** Names with lines, blanks or commas between them. */
export function toPatterns(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

export function keyWords(key: KeyView, now = Date.now()): StatusWords {
  if (!key.enabled) return { kind: 'off', text: 'switched off' };
  const words = checkWords(key.check);
  if (!key.check) return words;
  const parts = [words.text, checkDetails(key.check), ago(key.check.at, now)];
  return { ...words, text: parts.filter(Boolean).join(' · ') };
}

/** `renews itself · its token holds until 14:05`. Undefined for a key that is no OAuth credential. */
export function tokenWords({ token, check }: KeyView, now = Date.now()): StatusWords | undefined {
  if (token === undefined) return undefined;
  // Its last check or use says more.
  if (token.refused !== undefined && check?.state === 'invalid') return undefined;
  const { renews, until, refused } = token;
  const isOver = until !== undefined && until <= now;
  const advice = 'connect again where it came from, then replace it here';
  if (refused !== undefined) return { kind: 'danger', text: advice };
  if (!renews && isOver) return { kind: 'danger', text: `its token has expired: ${advice}` };
  const holds =
    until === undefined
      ? 'its token holds until it is refused'
      : isOver
        ? 'its next use gets a new token'
        : `its token holds until ${untilWords(until, now)}`;
  return renews
    ? { kind: 'ok', text: `renews itself · ${holds}` }
    : { kind: 'warn', text: `does not renew itself · ${holds}` };
}

/** What stands beside a provider's name: the worst of what needs a look, else that it works. */
export function providerWords(provider: ProviderView): StatusWords {
  if (!provider.enabled) return { kind: 'off', text: 'switched off' };
  const keys = provider.keys.filter((key) => key.enabled);
  if (keys.length === 0) {
    if (provider.keys.length > 0) return { kind: 'off', text: 'all keys switched off' };
    return needsNoKey(provider)
      ? { kind: 'off', text: 'needs no key' }
      : { kind: 'off', text: 'no key' };
  }
  const refused = keys.filter((key) => key.check?.state === 'invalid').length;
  if (refused === keys.length)
    return { kind: 'danger', text: refused === 1 ? 'key refused' : 'all keys refused' };
  if (refused > 0) return { kind: 'warn', text: `${count(refused, 'key')} refused` };
  if (keys.some((key) => key.check?.state === 'valid')) return { kind: 'ok', text: 'works' };
  if (keys.some((key) => key.check?.state === 'rate-limited')) {
    return { kind: 'warn', text: 'asks to wait' };
  }
  return { kind: 'off', text: 'not checked' };
}

export function needsNoKey(provider: ProviderView): boolean {
  return provider.builtIn || provider.local || provider.auth.scheme === 'none';
}

/** `my-box.example.com` -> `my-box`, made unique among the ids that there are. */
export function toProviderId(name: string, taken: readonly string[]): string {
  const plain =
    name
      .toLowerCase()
      .normalize('NFKD')
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
      .slice(0, 60) || 'server';
  if (!taken.includes(plain)) return plain;
  for (let number = 2; ; number += 1) {
    if (!taken.includes(`${plain}-${number}`)) return `${plain}-${number}`;
  }
}

export interface SecretWords {
  readonly label: string;
  readonly hint?: string;
  /** It is more than one word: a file, or a pair. */
  readonly long?: boolean;
}

const SECRETS: Readonly<Record<string, SecretWords>> = {
  'aws-sigv4': {
    label: 'AWS keys',
    hint: 'The access key ID and the secret access key with a colon between them; or a Bedrock API key.',
    long: true,
  },
  'google-service-account': {
    label: 'Service account file',
    hint: 'The whole JSON file that Google gave you.',
    long: true,
  },
};

/** What a provider's key is called, and how it is pasted. */
export function secretWords(provider: ProviderView | undefined): SecretWords {
  return (
    SECRETS[provider?.auth.scheme ?? ''] ?? {
      label: 'Key',
      hint: 'Or the JSON of an OAuth credential. Its refresh token goes to its own token_url and nowhere else.',
    }
  );
}

/** Where a key will be sent, as one can say it before the address is whole. */
export function destinationWords(provider: ProviderView): string {
  if (provider.auth.scheme === 'google-service-account')
    return 'It is never sent: it signs for short-lived tokens, which go to Google and nowhere else.';
  const where = provider.incomplete ? provider.name : new URL(provider.baseUrl).host;
  return provider.auth.scheme === 'aws-sigv4'
    ? `A secret access key is never sent: it signs each request to ${where}.`
    : `It is sent to ${where} and nowhere else.`;
}

export interface OnDeviceWords extends Omit<StatusWords, 'text'> {
  readonly status: string;
  readonly detail: string;
}

const shareFormat = new Intl.NumberFormat('en', { style: 'percent' });

/** How it stands with the browser's own model. `share` of a download goes from 0 to 1. */
export function onDeviceWords(state: OnDeviceState, share?: number): OnDeviceWords {
  switch (state) {
    case 'available':
      return {
        kind: 'ok',
        status: 'ready',
        detail: 'It answers on this device, also offline, and costs nothing. Ask for:',
      };
    case 'downloading':
      return {
        kind: 'warn',
        status: share === undefined ? 'downloading' : `downloading · ${shareFormat.format(share)}`,
        detail: 'The browser downloads it, also while this page is closed.',
      };
    case 'downloadable':
      return {
        kind: 'off',
        status: 'not downloaded yet',
        detail: 'It answers on this device, also offline. The download takes a few gigabytes.',
      };
    default:
      return {
        kind: 'off',
        status: 'does not run on this device',
        detail:
          'Chrome wants 22 GB of free disk space, and more than 4 GB of video memory or 16 GB of memory.',
      };
  }
}
