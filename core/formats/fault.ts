import { RouterError } from '../errors.ts';
import type { ChatEvent, ProviderFault } from './chat.ts';
import { asText, isObject, type JsonObject } from './json.ts';

/** A fault that comes to an encoder: one that upstream.ts has not named, so it is the provider's. */
function toProviderError(fault: ProviderFault): RouterError {
  const { message, status = 502, param } = fault;
  return new RouterError('provider_error', message, { status, param });
}

/** The fault that an event states, as an encoder writes it. */
export function errorIn({ parts }: Pick<ChatEvent, 'parts'>): RouterError | undefined {
  const stated = parts.find((part) => part.type === 'error');
  return stated && toProviderError(stated.error);
}

/**
 * What a provider's error answer says, in any of the shapes that providers use: `error` as an object
 * or a string, `detail`, `message`, `errors`, a Google list, an OpenRouter envelope. Never throws.
 */
export function readFault(status: number, headers: Headers, body: unknown): ProviderFault {
  const fault = faultOf(typeof body === 'string' ? dataOf(body) : body) ?? { message: '' };
  if (fault.message === '')
    fault.message = textOf(body) ?? `The provider answered with HTTP ${status}.`;
  const retryAfterMs = retryAfterOf(headers, body, fault.message);
  return { ...fault, status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** The fault that a parsed body states, or undefined where it states none. */
export function faultOf(body: unknown): ProviderFault | undefined {
  if (Array.isArray(body)) return body.length > 0 ? faultOf(body[0]) : undefined;
  if (!isObject(body)) return undefined;
  const { error } = body;
  if (typeof error === 'string' && error !== '') return withCode({ message: error }, body);
  if (isObject(error)) return faultOfError(error, body);
  const message =
    asText(body.message) ?? asText(body.Message) ?? detailOf(body.detail) ?? listOf(body.errors);
  return message === undefined ? undefined : withCode({ message }, body);
}

function faultOfError(error: JsonObject, body: JsonObject): ProviderFault {
  const message =
    asText(error.message) ??
    asText(error.error) ??
    detailOf(error.detail) ??
    asText(error.code) ??
    '';
  const fault = withCode({ message }, error);
  const upstream = upstreamWords(error.metadata);
  if (upstream !== undefined) fault.message = message === '' ? upstream : `${message}: ${upstream}`;
  if (fault.message === '') fault.message = asText(body.message) ?? '';
  return fault;
}

/** OpenRouter and the like: the real provider's own body, as text, under `metadata.raw`. */
function upstreamWords(metadata: unknown): string | undefined {
  if (!isObject(metadata)) return undefined;
  const raw = metadata.raw;
  if (typeof raw !== 'string') return isObject(raw) ? faultOf(raw)?.message : undefined;
  try {
    return faultOf(JSON.parse(raw))?.message ?? raw;
  } catch {
    return raw === '' ? undefined : raw;
  }
}

/** `code` may be a status (OpenRouter, llama.cpp, Google) or a word. */
function withCode(fault: ProviderFault, from: JsonObject): ProviderFault {
  const code = typeof from.code === 'number' ? from.code : undefined;
  const status = [from.status_code, from.http_status, from.status, from.raw_status_code, code].find(
    isStatus,
  );
  if (status !== undefined) fault.status = status;
  const word = asText(from.code) ?? (code !== undefined ? String(code) : asText(from.status));
  if (word !== undefined) fault.code = word;
  if (isStatus(Number(word)) && fault.status === undefined) fault.status = Number(word);
  const type = asText(from.type) ?? asText(from.__type);
  if (type !== undefined && type !== 'error') fault.type = type;
  const param = asText(from.param);
  if (param !== undefined) fault.param = param;
  return fault;
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600;
}

function detailOf(detail: unknown): string | undefined {
  if (typeof detail === 'string') return asText(detail);
  if (Array.isArray(detail)) return listOf(detail);
  return isObject(detail) ? (faultOf(detail)?.message ?? asText(detail.error)) : undefined;
}

/** FastAPI's `[{loc, msg}]`, Cloudflare's `[{message}]`, or words. */
function listOf(errors: unknown): string | undefined {
  if (!Array.isArray(errors)) return undefined;
  const lines = errors.map((entry) => {
    if (!isObject(entry)) return asText(entry);
    const words = asText(entry.msg) ?? asText(entry.message);
    const where = Array.isArray(entry.loc) ? entry.loc.join('.') : '';
    return words !== undefined && where !== '' ? `${where}: ${words}` : words;
  });
  return asText(lines.filter((line) => line !== undefined).join('; '));
}

/** Some answer a stream's request with an error as an event. */
function dataOf(text: string): unknown {
  const data = /^data:\s*(\{.*\})\s*$/m.exec(text)?.[1];
  if (data === undefined) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** A text body is the message itself, unless it is a page. */
function textOf(body: unknown): string | undefined {
  if (typeof body !== 'string') return undefined;
  const words = body.trim();
  return words === '' || words.startsWith('<') ? undefined : words.slice(0, 500);
}

/** How long to wait, in milliseconds: by header, else by what the body says (CORS hides headers). */
function retryAfterOf(headers: Headers, body: unknown, message: string): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? NaN);
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const after = headers.get('retry-after');
  if (after !== null) {
    const seconds = Number(after);
    if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return Math.max(0, date - nowOf(headers));
  }
  return (
    retryInfoOf(body) ??
    resetOf(body, headers) ??
    waitIn(message, nowOf(headers)) ??
    limitResetOf(headers)
  );
}

/**
 * `x-ratelimit-reset-tokens: 6m0s`, `anthropic-ratelimit-requests-reset: 2026-…`: the last reset of
 * those limits that have nothing left. They come with each answer, so a limit that is not used up
 * says nothing of why this one failed; where none tells what is left, the first reset counts.
 */
function limitResetOf(headers: Headers): number | undefined {
  const now = nowOf(headers);
  const used: number[] = [];
  const unclear: number[] = [];
  for (const [name, value] of headers) {
    if (!/^(?:x-|anthropic-)?ratelimit-/.test(name) || !/\breset\b/.test(name)) continue;
    const wait = toWait(value, now);
    if (wait === undefined) continue;
    const remaining = headers.get(name.replace(/\breset\b/, 'remaining'));
    if (remaining === null) unclear.push(wait);
    else if (Number(remaining) <= 0) used.push(wait);
  }
  if (used.length > 0) return Math.max(...used);
  return unclear.length > 0 ? Math.min(...unclear) : undefined;
}

/** A duration, seconds, a time in seconds or milliseconds since the epoch, or a date. */
function toWait(value: string, now: number): number | undefined {
  const text = value.trim();
  const number = Number(text);
  if (text !== '' && Number.isFinite(number)) {
    if (number > 1e12) return Math.max(0, number - now);
    return Math.max(0, number > 1e9 ? number * 1000 - now : number * 1000);
  }
  if (/^\d{4}-\d\d-\d\dT/.test(text)) {
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
  }
  return /^(?:[\d.]+\s*[a-z]+\s*)+$/i.test(text) ? fromDuration(text) : undefined;
}

/** How long a message says to wait: "Please try again in 5.289s", "resets at 2026-11-25T00:00:00Z". */
export function waitIn(message: string, now = Date.now()): number | undefined {
  return durationIn(message) ?? dateIn(message, now);
}

function dateIn(message: string, now: number): number | undefined {
  const found =
    /(?:try again|retry|resets?|available|until)\b.{0,40}?(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?)\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?/i.exec(
      message,
    );
  if (found === null) return undefined;
  const [, day = '', zone = 'Z'] = found;
  const date = Date.parse(
    day.replace(' ', 'T') + (day.length > 10 ? zone.replace(/UTC|GMT/i, 'Z') : ''),
  );
  return Number.isNaN(date) || date <= now ? undefined : date - now;
}

/** The provider's own clock where it tells it: a wait is then right whatever this computer's is. */
function nowOf(headers: Headers): number {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? Date.now() : date;
}

/** Google's `details: [{"@type": "…RetryInfo", "retryDelay": "17s"}]`. */
function retryInfoOf(body: unknown): number | undefined {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const error = isObject(first) ? first.error : undefined;
  const details = isObject(error) ? error.details : undefined;
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    const delay = isObject(detail) ? asText(detail.retryDelay) : undefined;
    if (delay !== undefined) return fromDuration(delay);
  }
  return undefined;
}

/** OpenRouter's `metadata.headers["X-RateLimit-Reset"]`, milliseconds since the epoch. */
function resetOf(body: unknown, headers: Headers): number | undefined {
  const error = isObject(body) ? body.error : undefined;
  const metadata = isObject(error) ? error.metadata : undefined;
  const hidden = isObject(metadata) ? metadata.headers : undefined;
  const reset = isObject(hidden) ? Number(hidden['X-RateLimit-Reset'] ?? NaN) : NaN;
  return Number.isFinite(reset) ? Math.max(0, reset - nowOf(headers)) : undefined;
}

/** "Please try again in 7m12.5s", "retry in 12 seconds". */
function durationIn(message: string): number | undefined {
  const found =
    /(?:try again|retry)\s+(?:in|after)\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|d|days?|h|hours?|m|min|minutes?|s|sec|seconds?)(?![a-z])\s*)+)/i.exec(
      message,
    );
  return found?.[1] === undefined ? undefined : fromDuration(found[1]);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `12ms`, `6m0s`, `1h2m`, `3 seconds` -> milliseconds. */
export function fromDuration(duration: string): number | undefined {
  let total: number | undefined;
  for (const [, amount, unit] of duration.matchAll(
    /(\d+(?:\.\d+)?)\s*(milliseconds?|ms|d|h|m|s)/gi,
  )) {
    const name = unit!.toLowerCase();
    const scale = name.startsWith('ms') || name.startsWith('milli') ? 1 : UNIT_MS[name]!;
    total = (total ?? 0) + Number(amount) * scale;
  }
  return total;
}
