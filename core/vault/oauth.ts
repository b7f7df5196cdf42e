import { checkBaseUrl } from '../providers/base-url.ts';
import type { KeyRecord } from '../storage/records.ts';

/**
 * Row K8: an OAuth credential as it lies sealed, one JSON text with the field names of RFC 6749. Where
 * its refresh token goes is a part of it, so no other record or setting can move it.
 */
export interface OAuthCredential {
  readonly type: 'oauth';
  /** Absent where it has yet to be asked for. */
  readonly access_token?: string;
  /** Seconds since the epoch; absent: used until it is refused. */
  readonly expires_at?: number;
  /** The token's whole life in seconds, where it is known. */
  readonly expires_in?: number;
  readonly refresh_token?: string;
  /** Where the refresh token and the client's secret go, and nowhere else. */
  readonly token_url?: string;
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly scope?: string;
}

const MARGIN_S = 60;
const TEXTS = ['access_token', 'refresh_token', 'token_url', 'client_id', 'client_secret', 'scope'];
const WORD = /^[\x21-\x7e]+$/;
const WORDS = /^[\x20-\x7e]+$/;

/** Of a text that was checked; undefined for any other. Never throws. */
export function readOAuth(text: string): OAuthCredential | undefined {
  const value = text.startsWith('{') ? parseObject(text) : undefined;
  return value?.type === 'oauth' ? (value as unknown as OAuthCredential) : undefined;
}

/** Whether a pasted text is meant as one, right or wrong. */
export function looksLikeOAuth(text: string): boolean {
  const value = parseObject(text);
  return value !== undefined && (value.type === 'oauth' || 'refresh_token' in value);
}

/**
 * The regular form of a JSON object that a person or a bundle gives, or what is wrong with it in
 * words that quote none of its values; fields that it does not have are left out. Undefined for a text
 * that is no JSON object. `expires_in` counts from `now` (milliseconds), if given, where nothing says
 * when the token ends.
 */
export function toOAuthText(
  text: string,
  now?: number,
): { text: string } | { fault: string } | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const isWrong = (name: string, what: string) => ({
    fault: `The OAuth credential’s ${name} ${what}.`,
  });
  if (value.type !== undefined && value.type !== 'oauth') return isWrong('type', 'must be "oauth"');
  const texts: Record<string, string> = {};
  for (const name of TEXTS) {
    const field = value[name];
    if (field === undefined || field === null || field === '') continue;
    if (typeof field !== 'string' || !(name === 'scope' ? WORDS : WORD).test(field))
      return isWrong(name, 'must be a text without spaces or line breaks');
    texts[name] = field;
  }
  const { access_token, refresh_token, token_url } = texts;
  if (access_token === undefined && refresh_token === undefined)
    return isWrong('access_token', 'is missing');
  if (refresh_token !== undefined && token_url === undefined)
    return isWrong('token_url', 'is missing: where its refresh_token is sent');
  if (token_url !== undefined && !isTokenUrl(token_url))
    return isWrong('token_url', 'must be https and public, or on this computer');
  const life = secondsOf(value.expires_in);
  const end = endOf(value.expires_at) ?? (life && now && Math.floor(now / 1000) + life);
  return { text: encodeOAuth({ type: 'oauth', ...texts, expires_at: end, expires_in: life }) };
}

export const encodeOAuth = (credential: OAuthCredential): string => JSON.stringify(credential);

/** Two texts of one credential: what was guessed from `expires_in` when it was read does not count. */
export function identityOf(secret: string): string {
  const credential = readOAuth(secret);
  return credential ? encodeOAuth({ ...credential, expires_at: undefined }) : secret;
}

/** Whether its token should be renewed: a minute before its end, of a short-lived one half its life. */
export function isDue(
  { expires_at: end, expires_in: life }: OAuthCredential,
  now: number,
): boolean {
  if (end === undefined) return false;
  return now / 1000 >= end - Math.min(MARGIN_S, life === undefined ? Infinity : life / 2);
}

/** Whether its token may still be sent. */
export function isGood({ access_token, expires_at: end }: OAuthCredential, now: number): boolean {
  return access_token !== undefined && (end === undefined || now / 1000 < end);
}

/** What must come back to no one, beside the access token. */
export function hiddenOf({ refresh_token, client_secret }: OAuthCredential): string[] {
  return [refresh_token, client_secret].filter((each) => each !== undefined);
}

/** What may be told of it in the open. */
export function tokenOf(secret: string): KeyRecord['token'] {
  const credential = readOAuth(secret);
  if (credential === undefined) return undefined;
  const { refresh_token, expires_at } = credential;
  return {
    renews: refresh_token !== undefined,
    ...(expires_at !== undefined && { until: expires_at * 1000 }),
  };
}

/** The rules of a provider's address, but that it may have a query. */
export function isTokenUrl(text: string): boolean {
  if (!WORD.test(text) || !/^https?:\/\//i.test(text) || text.includes('#')) return false;
  return checkBaseUrl(text.split('?', 1)[0]!).ok;
}

/** A number, or a number as text, of one and more. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 1 && seconds < Infinity
    ? Math.floor(seconds)
    : undefined;
}

/** Seconds or milliseconds since the epoch, or a date. */
function endOf(value: unknown): number | undefined {
  const number = secondsOf(value);
  if (number !== undefined) return number > 1e11 ? Math.floor(number / 1000) : number;
  const date = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.floor(date / 1000);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
