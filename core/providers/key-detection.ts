import type { DetectedKey } from '../control.ts';
import { maskSecret } from '../vault/mask.ts';
import { detectWhole } from './key-detection-whole.ts';
import type { Provider } from './provider.ts';

/**
 * Finds keys in pasted text (row K9): lines, `.env`, JSON in any shape, lists by commas. Where the
 * beginning of a key or the name before it says whose it is, that is told; where several providers
 * share the beginning all are told. It never guesses: a wrong guess sends a key to a wrong host.
 */
type Known = Pick<Provider, 'id' | 'name' | 'aliases' | 'auth' | 'keyPrefixes' | 'keyVariables'>;

const LONGEST_TEXT = 300_000;
const MOST_KEYS = 500;
const DEEPEST = 12;

/** Never throws. */
export function detectKeys(text: string, providers: readonly Known[]): DetectedKey[] {
  const pasted = text
    .slice(0, LONGEST_TEXT)
    .replace(/^\uFEFF/, '')
    .trim();
  const whole = detectWhole(pasted, providers);
  const names = toNames(providers);
  const found = new Map<string, DetectedKey>();
  const take = (value: string, hint: Hint) => {
    if (found.size >= MOST_KEYS && !found.has(value)) return;
    const key = toKey(value, hint, providers);
    if (!key) return;
    const before = found.get(key.secret);
    if (!before || (before.providers.length === 0 && key.providers.length > 0))
      found.set(key.secret, { ...key, label: key.label ?? before?.label });
  };
  for (const key of whole.keys) found.set(key.secret, key);
  const json = parseJson(whole.rest);
  if (json === undefined) readLines(whole.rest, names, take);
  else readJson(json, {}, names, take, 0);
  return [...found.values()].map(withoutEmptyLabel);
}

/** What stands around a value. */
interface Hint {
  /** Providers that a name before the value means. */
  providers?: readonly string[];
  /** There is a name, and it means no provider. */
  foreign?: boolean;
  /** The value stands alone: it may be a key without a known beginning. */
  alone?: boolean;
  label?: string;
}
type Take = (value: string, hint: Hint) => void;
type Names = ReadonlyMap<string, readonly string[]>;

function toKey(value: string, hint: Hint, providers: readonly Known[]): DetectedKey | undefined {
  const secret = value.replace(/^bearer\s+/i, '').trim();
  if (!/^[\x21-\x7e]{6,16384}$/.test(secret) || isPlaceholder(secret)) return undefined;
  const byPrefix = providersByPrefix(secret, providers);
  const named = hint.providers ?? [];
  const whose = whoseKey(named, byPrefix);
  if (whose.length === 0 && !(hint.alone && looksRandom(secret))) return undefined;
  return { secret, preview: maskSecret(secret), providers: whose, label: hint.label };
}

/** The name decides among those who share a beginning; where both contradict, both are told. */
function whoseKey(named: readonly string[], byPrefix: readonly string[]): string[] {
  if (named.length === 0) return [...byPrefix];
  const both = named.filter((id) => byPrefix.includes(id));
  if (both.length > 0) return both;
  return byPrefix.length === 1 ? [...byPrefix, ...named] : [...named];
}

/** Whose keys begin so: the longest known beginning counts. */
function providersByPrefix(secret: string, providers: readonly Known[]): string[] {
  let longest = 0;
  let ids: string[] = [];
  for (const { id, keyPrefixes = [] } of providers)
    for (const prefix of keyPrefixes) {
      if (!secret.startsWith(prefix) || !/^[\w.-]{6,}$/.test(secret.slice(prefix.length))) continue;
      if (prefix.length > longest) ids = [];
      if (prefix.length >= longest) ids.push(id);
      longest = Math.max(longest, prefix.length);
    }
  return ids;
}

function isPlaceholder(value: string): boolean {
  return (
    /^[<[{(].*[>\]})]$/.test(value) ||
    /^\$\{?\w+\}?$/.test(value) ||
    /\.{3}|…|\*{3}|x{6}/i.test(value) ||
    /^(your|my|change|replace|insert|paste|enter|todo|none|null|undefined|true|false|example)\b/i.test(
      value.replace(/^sk-|^gsk_/, '').replaceAll('_', '-'),
    )
  );
}

/** Not a word, a path or an address: letters and digits without an order, twenty and more. */
function looksRandom(value: string): boolean {
  return (
    /^[\w.:+/=-]{20,}$/.test(value) &&
    /\d/.test(value) &&
    /[a-z]/i.test(value) &&
    !/^[a-z]+:\/\/|^\/|^[\w-]+(\.[a-z]{2,})+(\/|$)/.test(value)
  );
}

/** Names in pasted text -> providers: ids, aliases, display names, environment variables. */
function toNames(providers: readonly Known[]): Names {
  const names = new Map<string, string[]>();
  const add = (name: string, id: string) => {
    const plain = toPlain(name);
    const ids = names.get(plain) ?? [];
    if (!ids.includes(id)) ids.push(id);
    names.set(plain, ids);
  };
  for (const { id, name, aliases = [], keyVariables = [] } of providers)
    for (const each of [id, name, ...aliases, ...keyVariables]) add(each, id);
  return names;
}

const toPlain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** `VITE_GROQ_API_KEY_2`, `openrouter_key`, `Groq keys` -> the provider; undefined for other names. */
function providersByName(name: string, names: Names): readonly string[] | undefined {
  const bare = name.replace(/^(vite|next_public|react_app|public|nuxt|expo_public|my)[_ -]+/i, '');
  for (const each of [name, bare]) {
    const plain = toPlain(each);
    const counted = plain.replace(/\d+$/, '');
    const core = counted.replace(/(api|access|secret|auth)?(keys?|tokens?|secrets?|pat)$/, '');
    for (const form of [plain, counted, counted.replace(/s$/, ''), core]) {
      const ids = form === '' ? undefined : names.get(form);
      if (ids) return ids;
    }
  }
  return undefined;
}

function hintOf(name: string, names: Names, label?: string): Hint {
  const providers = providersByName(name, names);
  return providers ? { providers, label } : { foreign: true, label };
}

/** `undefined` where the text is not JSON that can hold keys. */
function parseJson(text: string): unknown {
  if (!/^[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Fields whose value is a key, and fields that say whose. */
const SECRET_FIELD = /^(secret|value|key|keys|token|api_?keys?|access_?token)$/i;
const OWNER_FIELD = /^(provider|provider_?id|router|service|vendor|env_?var|variable)$/i;

function readJson(value: unknown, hint: Hint, names: Names, take: Take, depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') {
    const pieces = value.split(/[,;\s]+/).filter(Boolean);
    const alone = !hint.foreign || undefined;
    for (const piece of pieces) take(piece, { ...hint, alone: alone && pieces.length >= 1 });
    return;
  }
  if (Array.isArray(value)) {
    for (const inner of value) readJson(inner, hint, names, take, depth + 1);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const fields = Object.entries(value as Record<string, unknown>);
  const owner = fields.find(
    ([name, inner]) =>
      OWNER_FIELD.test(name) && typeof inner === 'string' && providersByName(inner, names),
  );
  const own: Hint = owner ? hintOf(owner[1] as string, names) : hint;
  const label = fields.find(
    ([name, inner]) => /^(label|name|title)$/i.test(name) && typeof inner === 'string',
  )?.[1] as string | undefined;
  for (const [name, inner] of fields) {
    if (OWNER_FIELD.test(name) || /^(label|name|title)$/i.test(name)) continue;
    const named = providersByName(name, names);
    const next: Hint =
      named !== undefined
        ? { providers: named, label }
        : SECRET_FIELD.test(name)
          ? { ...own, label: label ?? own.label }
          : typeof inner === 'object'
            ? { ...own }
            : { ...own, providers: undefined, foreign: true };
    readJson(inner, next, names, take, depth + 1);
  }
}

/** `name = value`, also `export`, `$env:`, quotes, `name: value`, and lists in brackets. */
const PAIR =
  /(?:^|[\s,;{(])(?:export\s+|set\s+|\$env:)?(["'`]?)([A-Za-z@][\w .@-]{0,60}?)\1\s*(?:=|:(?!\/\/))\s*(?:"([^"\n]*)"?|'([^'\n]*)'?|`([^`\n]*)`?|\[([^\]\n]*)\]?|([^\s"'`}\])]+))/g;

function readLines(text: string, names: Names, take: Take): void {
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (/^\s*(#|\/\/|;|--\s)/.test(line)) continue;
    const comment = /\s(?:#|\/\/)\s*(.*)$/.exec(line);
    const label = comment?.[1]?.trim().slice(0, 60) || undefined;
    let rest = comment ? line.slice(0, comment.index) : line;
    rest = rest.replace(PAIR, (...match: unknown[]) => {
      const [, , name, ...values] = match as (string | undefined)[];
      const value = values.slice(0, 5).find((each) => each !== undefined) ?? '';
      const hint = hintOf((name ?? '').trim(), names, label);
      for (const piece of toPieces(value)) take(piece, hint);
      // A value that is no list may be followed by its true one: `Authorization: Bearer …`.
      return ' ';
    });
    const pieces = toPieces(rest);
    // One word, or a list of words by commas: each may be a key that begins like no other.
    const alone = pieces.length === 1 || /^[^\s]+(\s*[,;]\s*[^\s]+)+\s*[,;]?$/.test(rest.trim());
    for (const piece of pieces) take(piece, { alone: alone && rest.trim() === line.trim(), label });
  }
}

function toPieces(text: string): string[] {
  return text
    .split(/[,;|\s]+/)
    .map((piece) => piece.replace(/^["'`([{<]+|["'`)\]}>]+$/g, ''))
    .filter(Boolean);
}

function withoutEmptyLabel(key: DetectedKey): DetectedKey {
  const { label, ...rest } = key;
  return label ? { ...rest, label } : rest;
}
