/** Every word of the sites screen that is made of parts. */
import {
  coversSubject,
  isOriginPattern,
  nameOfKey,
  NEARLY_USED,
  type BudgetView,
  type KeyView,
  type Scope,
  type SiteView,
} from '../../../core/index.ts';
import { toShortName } from '../../origin/origin-name.ts';
import { hasOneOwner } from '../../origin/public-suffix.ts';
import { compact, count, usd } from '../../words/numbers.ts';
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

/** The keys that a site may use, with one given or taken. */
export function withKey(keys: readonly string[] = [], key: KeyView, given: boolean): string[] {
  const name = nameOfKey(key);
  const others = keys.filter((other) => other !== name);
  return given ? [...others, name] : others;
}

/** Patterns from a form's field; any model where it is empty. */
export function toModels(text: string): string[] {
  const patterns = text.split(/[\n,]/).map((line) => line.trim());
  const written = [...new Set(patterns.filter(Boolean))];
  return written.length > 0 ? written : ['*'];
}

/** `Used by notes.example.com and 2 more sites`; `No site has it.` */
export function usedByWords(sites: readonly Pick<SiteView, 'origin'>[]): string {
  const names = sites.map(({ origin }) => toShortName(origin));
  if (names.length === 0) return 'No site has it.';
  const more = names.length > 3 ? `, and ${names.length - 3} more` : '';
  return `Used by ${names.slice(0, 3).join(', ')}${more}.`;
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
 * What a person typed for a site -> its origin, or the pattern `https://*.example.com`. A bare name
 * means https; a bare loopback name means http. Throws with words where it is neither.
 */
export function toOrigin(typed: string): string {
  const text = typed.trim();
  const bare = !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const loopback = /^(localhost|[^/]*\.localhost|127\.|\[::1\])/i.test(text);
  const address = bare ? `${loopback ? 'http' : 'https'}://${text}` : text;
  // Browsers escape a * in a host, each in its own way.
  const url = URL.parse(address.replace('://*.', '://'));
  if (!text || !url?.hostname) throw new Error('Type the address of a site, as notes.example.com.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error('Only web sites: https, or http on this computer.');
  }
  const pattern = address.includes('://*.') ? toPattern(url.origin) : url.origin;
  if (pattern === undefined || /\*|%2a/i.test(url.hostname)) {
    throw new Error('A * stands in front of a domain that one owner has: *.example.com.');
  }
  return pattern;
}

/** `https://example.com` -> `https://*.example.com`; nothing where no name can stand below it. */
export function toPattern(origin: string): string | undefined {
  const pattern = origin.replace('://', '://*.');
  return isOriginPattern(pattern) ? pattern : undefined;
}

/** Throws with words where the names below a pattern belong to many. */
export async function expectOneOwner(pattern: string): Promise<void> {
  const suffix = new URL(pattern.replace('://*.', '://')).hostname;
  if (await hasOneOwner(suffix)) return;
  throw new Error(
    `Everyone can have a name that ends in ${suffix}. Add the sites that you mean one by one.`,
  );
}

/** What a person should know of a rule beside others: which of them decides. */
export function precedenceWords(
  site: Pick<SiteView, 'origin' | 'topOrigin' | 'decision'>,
  all: readonly SiteView[],
): string | undefined {
  const name = (other: { origin: string }) => toShortName(other.origin);
  const does = (other: { decision: string }) =>
    other.decision === 'allow' ? 'is allowed' : 'is refused';
  const isPattern = isOriginPattern(site.origin);
  const wider = all.filter(
    (other) => other.origin !== site.origin && isOriginPattern(other.origin) && covers(other, site),
  );
  const refusing = wider.find(({ decision }) => decision === 'deny');
  if (isPattern && site.decision === 'allow' && refusing)
    return `Has no effect: ${name(refusing)} is refused, and a refusal goes before.`;
  const [other] = wider;
  if (!isPattern && other) return `This goes before ${name(other)}, which ${does(other)}.`;
  const closer = all.filter((each) => !isOriginPattern(each.origin) && covers(site, each));
  if (!isPattern || closer.length === 0) return undefined;
  return `All subdomains but ${closer.map((each) => `${name(each)}, which ${does(each)}`).join('; ')}.`;
}

/** `https://*.example.com` covers `https://*.b.example.com`, too. */
function covers(
  pattern: Pick<SiteView, 'origin' | 'topOrigin'>,
  { origin, topOrigin }: Pick<SiteView, 'origin' | 'topOrigin'>,
): boolean {
  return coversSubject(pattern, {
    origin: origin.replace('*.', 'any.'),
    ...(topOrigin && { topOrigin }),
  });
}

/** `$0.38 of $1.00 today` */
export function budgetWords({ unit, period, used, limit }: BudgetView): string {
  const when = { day: 'today', week: 'this week', month: 'this month' }[period];
  return unit === 'usd'
    ? `${usd(used)} of ${usd(limit)} ${when}`
    : `${compact(used)} of ${count(limit, 'token')} ${when}`;
}

/** What is nearly used up, of all sites: `notes.example.com has used $0.81 of $1.00 today.` */
export function nearlyUsedWords(sites: readonly SiteView[]): string[] {
  return sites.flatMap(({ origin, budgets = [] }) =>
    budgets
      .filter(({ used, limit }) => used >= limit * NEARLY_USED)
      .map((budget) => `${toShortName(origin)} has used ${budgetWords(budget)}.`),
  );
}

/** Dollars from a form's field, or nothing where it is empty. Throws with words. */
export function toMoney(text: string): number | undefined {
  const typed = text.replace(/[\s$]/g, '').replace(/,(?=\d{1,2}$)/, '.');
  if (!typed) return undefined;
  const value = Number(typed);
  if (!Number.isFinite(value) || value < 0) {
    throw new Error('An amount in dollars, as 1 or 0.50, or empty for no limit.');
  }
  return value;
}

/** When a permission may end, from now. */
export const ENDS: readonly {
  readonly id: string;
  readonly label: string;
  readonly hours?: number;
}[] = Object.freeze([
  { id: '', label: 'Never' },
  { id: '1', label: 'In an hour', hours: 1 },
  { id: '24', label: 'In a day', hours: 24 },
  { id: '168', label: 'In a week', hours: 168 },
  { id: '720', label: 'In 30 days', hours: 720 },
]);

/** A whole number from a form's field, or nothing where it is empty. Throws with words. */
export function toLimit(text: string, least: number): number | undefined {
  if (!text.trim()) return undefined;
  const value = Number(text.replace(/[\s,]/g, ''));
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`A whole number from ${least}, or empty for no limit.`);
  }
  return value;
}
