import type { RouterError } from '../errors.ts';
import type { Format } from '../formats/format.ts';
import type { Call } from './endpoint.ts';

/** What a page may read of our answers; the rest of it CORS would hide. */
const EXPOSED = [
  'x-request-id',
  'request-id',
  'x-gatehouse-provider',
  'x-gatehouse-model',
  'x-gatehouse-attempts',
  'x-gatehouse-latency-ms',
  'x-gatehouse-dropped-params',
  'x-gatehouse-estimated',
  'x-gatehouse-buffered',
  'x-gatehouse-tool-enforcement',
  'x-gatehouse-partial',
  'x-should-retry',
  'retry-after',
  'retry-after-ms',
  'allow',
].join(', ');

const NO_STORE = 'no-store';

export function jsonAnswer(body: unknown, status = 200, headers?: HeadersInit): Response {
  const answer = new Response(JSON.stringify(body), { status, headers });
  answer.headers.set('content-type', 'application/json');
  answer.headers.set('cache-control', NO_STORE);
  return answer;
}

export function textAnswer(text: string): Response {
  return new Response(text, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': NO_STORE },
  });
}

export function streamAnswer(body: ReadableStream<Uint8Array>, contentType: string): Response {
  return new Response(body, {
    headers: {
      'content-type': contentType,
      'cache-control': 'no-cache',
      // A proxy or a page's own worker in between must not hold chunks back.
      'x-accel-buffering': 'no',
    },
  });
}

/** Names what the caller asked for and the provider was not. */
export function withDropped(answer: Response, dropped: readonly string[]): Response {
  if (dropped.length > 0) {
    const told = dropped.slice(0, MOST_TOLD).map((name) => name.slice(0, LONGEST_TOLD));
    if (dropped.length > told.length) told.push(`${dropped.length - told.length} more`);
    answer.headers.set('x-gatehouse-dropped-params', toHeaderValue(told.join(', ')));
  }
  return answer;
}

/** The names are the caller's, and may be as many and as long as a body holds. */
const MOST_TOLD = 40;
const LONGEST_TOLD = 60;

/** An error, in the words of the format that the caller speaks. */
export function errorAnswer(error: RouterError, format: Format, requestId: string): Response {
  const answer = jsonAnswer(format.encodeError(error, requestId), error.status);
  if (error.shouldRetry) answer.headers.set('x-should-retry', 'true');
  if (error.retryAfterMs !== undefined) {
    answer.headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
    answer.headers.set('retry-after-ms', String(Math.ceil(error.retryAfterMs)));
  }
  return answer;
}

/** What every answer carries: CORS for the calling origin, and where the answer came from. */
export function addAnswerHeaders(answer: Response, call: Call, latencyMs: number): Response {
  const { headers } = answer;
  headers.set('access-control-allow-origin', callingOrigin(call));
  headers.set('access-control-expose-headers', EXPOSED);
  headers.set('vary', 'origin');
  headers.set('x-request-id', call.id);
  if (call.dialect === 'anthropic-messages') headers.set('request-id', call.id);
  headers.set('x-gatehouse-attempts', String(call.trace.attempts));
  headers.set('x-gatehouse-latency-ms', String(Math.round(latencyMs)));
  if (call.trace.provider !== undefined) {
    headers.set('x-gatehouse-provider', toHeaderValue(call.trace.provider));
  }
  if (call.trace.model !== undefined) {
    headers.set('x-gatehouse-model', toHeaderValue(call.trace.model));
  }
  // We are the only retry loop: an SDK must not multiply our attempts.
  if (!headers.has('x-should-retry')) headers.set('x-should-retry', 'false');
  return answer;
}

/** The answer to a preflight. Whether the call itself is allowed is decided when it comes. */
export function preflightAnswer(call: Call, methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': [...methods, 'OPTIONS'].join(', '),
      'access-control-allow-headers':
        call.request.headers.get('access-control-request-headers') ?? '*',
      'access-control-max-age': '600',
      allow: [...methods, 'OPTIONS'].join(', '),
    },
  });
}

function callingOrigin(call: Call): string {
  if (call.caller.kind === 'site') return call.caller.origin;
  return call.request.headers.get('origin') ?? '*';
}

/** Header values are ASCII; a model's name may be anything. */
export function toHeaderValue(text: string): string {
  return text.replace(/[^\x20-\x7e]+/gu, (rest) => encodeURIComponent(rest.toWellFormed()));
}
