/** Every word of the consent window. */
import type { ProfileRecord, Scope } from '../../core/index.ts';
import { compact, usd } from '../../pwa/words/numbers.ts';
import { profileWords } from '../../pwa/origin/profile-words.ts';
import { toShortName } from '../../pwa/origin/origin-name.ts';
import type { Prompt } from './protocol.ts';

/** What a grant of this scope lets a site do: `It can …`. */
export const CAN: Readonly<Record<Scope, string>> = Object.freeze({
  chat: 'send prompts and read the answers',
  models: 'see which models you can use',
  embeddings: 'turn texts into vectors for search',
  images: 'make pictures',
  audio: 'turn speech into text and text into speech',
  jobs: 'start long jobs and read their results',
  mcp: 'use the tools of your MCP servers',
  raw: 'call the provider’s own interface directly, with your key: every model, files, fine-tuning and all that it has',
});

export function can({ scope, provider }: Pick<Prompt, 'scope' | 'provider'>): string {
  return provider === undefined
    ? CAN[scope]
    : CAN[scope].replace('the provider’s', `${provider}’s`);
}

/** What a person may not expect of this scope. */
export const caution = ({ scope }: Pick<Prompt, 'scope'>): string | undefined =>
  scope === 'raw'
    ? 'It can read and delete what your account keeps there, and spend without Gatehouse counting it all.'
    : undefined;

export const NEVER = 'sees your keys or your chats';

/** What a site may spend a day, in steps that a person thinks in. */
export const SPENDS: readonly { readonly value: string; readonly label: string }[] = Object.freeze([
  ...['0.1', '0.2', '0.5', '1', '2', '5', '10', '20', '50'].map((value) => ({
    value,
    label: usd(Number(value)),
  })),
  { value: '', label: 'No limit' },
]);

const toChoices = (values: readonly number[]) =>
  Object.freeze([
    { value: '', label: 'No limit' },
    ...values.map((value) => ({ value: String(value), label: compact(value) })),
  ]);
export const REQUESTS = toChoices([5, 10, 30, 60, 120, 300]);
export const AT_ONCE = toChoices([1, 2, 4, 8]);
export const TOKENS = toChoices([10_000, 50_000, 200_000, 1_000_000, 5_000_000]);

/** The whole question in one sentence, for a screen reader. */
export function summary(prompt: Prompt, spend = '', profile?: ProfileRecord): string {
  const who = isFrame(prompt)
    ? `${toShortName(prompt.origin)}, inside ${toShortName(prompt.topOrigin)},`
    : toShortName(prompt.origin);
  const model = prompt.model ? ` It asks for ${target(prompt)}.` : '';
  const most = profile
    ? ` With ${profile.name}: ${profileWords(profile)}.`
    : spend === ''
      ? ''
      : ` Up to ${usd(Number(spend))} a day.`;
  const more = caution(prompt) ? ` More than chat: ${caution(prompt)}` : '';
  return `${who} wants to use AI models with your keys. It can ${can(prompt)}.${more} It never ${NEVER}.${model}${most}`;
}

export const isFrame = (prompt: Prompt): boolean => prompt.origin !== prompt.topOrigin;

/** `llama-3.3-70b → Groq`; empty where there is nothing to say. */
export function target({ scope, model, provider }: Prompt): string {
  // There the provider is what is asked for, and stands in that line.
  if (scope === 'raw') return '';
  return [model, provider].filter(Boolean).join(' → ');
}

/** `asked now`, `asked 2 min ago` */
export function askedAgo(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? 'asked now' : `asked ${minutes} min ago`;
}

/** `0:52` */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
