import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readBytes } from '../streams/bytes.ts';
import { authorise } from './auth/authorise.ts';
import { FORMAT_HEADERS } from './format-headers.ts';
import type { GatewayPass } from './gateway.ts';
import type { Provider } from './provider.ts';

/** What came back from a small question to a provider: its models, whether a key is good. */
export type Reply =
  | {
      kind: 'answer';
      status: number;
      headers: Headers;
      body: unknown;
      html: boolean;
      latencyMs: number;
    }
  | { kind: 'redirect' }
  /** Never sent: the secret is none that this provider could take. */
  | { kind: 'refused'; message: string }
  | { kind: 'timeout' }
  | { kind: 'unreachable' };

export interface Question {
  url: string;
  /** Whose headers and auth scheme are used; only its headers where there is no secret. */
  provider: Pick<Provider, 'auth' | 'headers' | 'format'>;
  secret?: string;
  /** Another secret, where this one is refused with a 401. */
  renew?: () => Promise<{ readonly secret: string }>;
  /** Where it goes through a gateway. */
  pass?: GatewayPass;
  /** Posted as JSON; without it the question is a GET. */
  body?: unknown;
  timeoutMs: number;
}

const LARGEST_REPLY = 16 * 1024 * 1024;
const utf8 = new TextDecoder();

/** Asks, and once more where the secret can be renewed. Never throws. */
export async function askProvider(
  ports: Pick<Ports, 'fetch' | 'now'>,
  question: Question,
): Promise<Reply> {
  const reply = await askOnce(ports, question);
  const { renew } = question;
  if (renew === undefined || reply.kind !== 'answer' || reply.status !== 401) return reply;
  try {
    return await askOnce(ports, { ...question, ...(await renew()) });
  } catch (error) {
    return toRefused(error) ?? reply;
  }
}

/**
 * Asks once. Never throws and never follows a redirect: a key goes to the address it was meant for
 * or nowhere. A body that is not JSON is given as text.
 */
async function askOnce(
  ports: Pick<Ports, 'fetch' | 'now'>,
  { url, provider, secret, pass, body, timeoutMs }: Question,
): Promise<Reply> {
  const signal = AbortSignal.timeout(timeoutMs);
  const started = performance.now();
  try {
    const headers = new Headers({
      accept: 'application/json',
      ...FORMAT_HEADERS[provider.format],
      ...provider.headers,
    });
    if (body !== undefined) headers.set('content-type', 'application/json');
    const method = body === undefined ? 'GET' : 'POST';
    const text = body === undefined ? null : JSON.stringify(body);
    if (secret !== undefined)
      await authorise({ method, url, headers, body: text }, provider.auth, secret, ports);
    for (const [name, value] of Object.entries(pass?.headers ?? {})) headers.set(name, value);
    const request = new Request(url, {
      method,
      body: text,
      headers,
      signal,
      redirect: 'manual',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    });
    const response = await ports.fetch(request);
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel();
      return { kind: 'redirect' };
    }
    const bytes = response.body ? await readBytes(response.body, LARGEST_REPLY) : new Uint8Array();
    const words = bytes === null ? '' : utf8.decode(bytes);
    return {
      kind: 'answer',
      status: response.status,
      headers: response.headers,
      body: parse(words),
      html: /^\s*<(!doctype|html|head|body)/i.test(words),
      latencyMs: Math.round(performance.now() - started),
    };
  } catch (error) {
    return toRefused(error) ?? { kind: signal.aborted ? 'timeout' : 'unreachable' };
  }
}

function toRefused(error: unknown): Reply | undefined {
  return error instanceof RouterError && error.code === 'key_refused'
    ? { kind: 'refused', message: error.message }
    : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The provider's own words in an error body, at most 300 characters; `undefined` where it has none. */
export function wordsOf(body: unknown): string | undefined {
  for (const path of [
    ['error', 'message'],
    ['error'],
    ['message'],
    ['detail'],
    ['errors', '0', 'message'],
    ['msg'],
    ['0', 'error', 'message'],
  ]) {
    const value = path.reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null
          ? (inner as Record<string, unknown>)[key]
          : undefined,
      body,
    );
    if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, 300);
  }
  return undefined;
}
