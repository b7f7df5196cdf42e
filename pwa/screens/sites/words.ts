/** Every word of the sites screen that is made of parts. */
import type { Scope, SiteView } from '../../../core/index.ts';
import { compact, count } from '../../words/numbers.ts';
import { ago } from '../../words/time.ts';

export const SCOPE_WORDS: Readonly<Record<Scope, string>> = Object.freeze({
  chat: 'Chat with models, and list them',
  models: 'List the models',
  embeddings: 'Embeddings',
  images: 'Pictures',
  audio: 'Speech to text and back',
  jobs: 'Long jobs',
  mcp: 'MCP tools',
  raw: 'A provider’s own interface, with your key',
});

/** What a person may give a site, and what they should know of it. */
export const GIVEN: readonly { readonly scope: Scope; readonly note?: string }[] = Object.freeze([
  { scope: 'chat' },
  { scope: 'embeddings' },
  { scope: 'images' },
  { scope: 'audio' },
  {
    scope: 'raw',
    note: 'More than chat: every model, files, fine-tuning. It can read and delete what your account keeps there.',
  },
]);

/** A site's scopes with one given or taken. Throws with words where none is left. */
export function withScope(scopes: readonly Scope[], scope: Scope, given: boolean): Scope[] {
  const others = scopes.filter((other) => other !== scope);
  if (given) return [...others, scope];
  if (others.length === 0) throw new Error('Nothing would be left. Revoke the site instead.');
  return others;
}

/** `used 5 min ago · 41 requests, 8.2k tokens today` */
export function usageWords(site: SiteView, now = Date.now()): string {
  const used = site.lastUsedAt === undefined ? 'never used' : `used ${ago(site.lastUsedAt, now)}`;
  const { requests, inputTokens, outputTokens } = site.today;
  if (requests === 0) return used;
  const tokens = compact(inputTokens + outputTokens);
  return `${used} · ${count(requests, 'request')}, ${tokens} tokens today`;
}

/**
 * What a person typed for a site -> its origin. A bare name means https; a bare loopback name means
 * http. Throws with words where it is no web origin.
 */
export function toOrigin(typed: string): string {
  const text = typed.trim();
  const bare = !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const loopback = /^(localhost|[^/]*\.localhost|127\.|\[::1\])/i.test(text);
  const address = bare ? `${loopback ? 'http' : 'https'}://${text}` : text;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!text || !url?.hostname) throw new Error('Type the address of a site, as notes.example.com.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error('Only web sites: https, or http on this computer.');
  }
  return url.origin;
}

/** A whole number from a form's field, or nothing where it is empty. Throws with words. */
export function toLimit(text: string, least: number): number | undefined {
  if (!text.trim()) return undefined;
  const value = Number(text.replace(/[\s,]/g, ''));
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`A whole number from ${least}, or empty for no limit.`);
  }
  return value;
}
