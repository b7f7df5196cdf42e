import { RouterError } from '../errors.ts';
import { encodeSse } from '../streams/sse.ts';
import { formatAt, toErrorBody } from './words.ts';

/**
 * Gives a browser its headers before it gives up on them (about 305 s for a page of a service
 * worker, platform-facts.md). A caller that streams gets a 200 and SSE comments until the real answer
 * is there, and that one's error as an event; any other gets a 504, and the call is aborted.
 */
export interface EarlyHeadOptions {
  /** What was called: its path tells in which words an error is said. */
  url: string;
  /** Whether the caller asked for a stream; looked at only when the time has come. */
  streams: Promise<boolean>;
  afterMs: number;
  abort: AbortController;
}

const COMMENT_EVERY_MS = 15_000;

export async function openEarly(
  answered: Promise<Response>,
  { url, streams, afterMs, abort }: EarlyHeadOptions,
): Promise<Response> {
  const response = await within(afterMs, answered);
  if (response) return response;
  if (await streams) return openStream(url, answered, abort);
  abort.abort(new DOMException('No headers in time', 'TimeoutError'));
  return tooLate(url, afterMs);
}

function tooLate(url: string, afterMs: number): Response {
  const seconds = Math.round(afterMs / 1000);
  const error = new RouterError(
    'upstream_timeout',
    `No provider sent anything for ${seconds} s, which is as long as a browser waits. ` +
      'Ask for a stream, choose a faster model, or shorten the question.',
  );
  return new Response(toErrorBody(url, error), {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
  });
}

function openStream(url: string, answered: Promise<Response>, abort: AbortController): Response {
  const chunks = streamWhenThere(url, answered);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      abort.abort(new DOMException('The page left', 'AbortError'));
      // An answer that is there already does not hear the signal.
      const response = await answered.catch(() => undefined);
      await response?.body?.cancel(reason).catch(() => undefined);
    },
  });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
  });
}

async function* streamWhenThere(
  url: string,
  answered: Promise<Response>,
): AsyncGenerator<Uint8Array, undefined> {
  const encoder = new TextEncoder();
  const waiting = encoder.encode(': waiting\n\n');
  yield waiting;
  let response: Response | undefined;
  while (!(response = await within(COMMENT_EVERY_MS, answered))) yield waiting;
  if (!response.ok) {
    const text = (await response.text()).replace(/\r?\n/g, ' ');
    yield encoder.encode(encodeSse(text, isNamed(url) ? 'error' : undefined));
    return;
  }
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) yield next.value;
}

/** Anthropic's readers know an error by the name of its event, all others by its body. */
function isNamed(url: string): boolean {
  return formatAt(url).name === 'anthropic-messages';
}

/** Undefined where it takes longer. */
async function within<T>(milliseconds: number, result: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
