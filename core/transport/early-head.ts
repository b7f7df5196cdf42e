import { RouterError } from '../errors.ts';

/**
 * Gives a browser its headers before it gives up on them (about 305 s for a page of a service
 * worker, platform-facts.md). A caller that streams gets a 200 and SSE comments until the real answer
 * is there, and that one's error as an event; any other gets a 504, and the call is aborted.
 */
export interface EarlyHeadOptions {
  /** Whether the caller asked for a stream; looked at only when the time has come. */
  streams: Promise<boolean>;
  afterMs: number;
  abort: AbortController;
}

const COMMENT_EVERY_MS = 15_000;

export async function openEarly(
  answered: Promise<Response>,
  { streams, afterMs, abort }: EarlyHeadOptions,
): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), afterMs);
  });
  try {
    const response = await Promise.race([answered, late]);
    if (response) return response;
  } finally {
    clearTimeout(timer);
  }
  if (await streams) return openStream(answered, abort);
  abort.abort(new DOMException('No headers in time', 'TimeoutError'));
  return tooLate(afterMs);
}

function tooLate(afterMs: number): Response {
  const seconds = Math.round(afterMs / 1000);
  const { code, status, type } = new RouterError('upstream_timeout', '');
  const message =
    `No provider sent anything for ${seconds} s, which is as long as a browser waits. ` +
    'Ask for a stream, choose a faster model, or shorten the question.';
  return Response.json(
    { error: { message, type, param: null, code } },
    { status, headers: { 'x-should-retry': 'false' } },
  );
}

function openStream(answered: Promise<Response>, abort: AbortController): Response {
  const encoder = new TextEncoder();
  const waiting = encoder.encode(': waiting\n\n');
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();

  const feed = async () => {
    const writer = writable.getWriter();
    writer.closed.catch(() => abort.abort(new DOMException('The page left', 'AbortError')));
    const ignore = () => undefined;
    writer.write(waiting).catch(ignore);
    const comments = setInterval(() => writer.write(waiting).catch(ignore), COMMENT_EVERY_MS);
    let response: Response;
    try {
      response = await answered;
    } finally {
      clearInterval(comments);
    }
    if (response.ok && response.body) {
      writer.releaseLock();
      await response.body.pipeTo(writable);
      return;
    }
    const text = (await response.text()).replace(/\r?\n/g, ' ');
    await writer.write(encoder.encode(`data: ${text}\n\n`));
    await writer.close();
  };
  feed().catch((error: unknown) => writable.abort(error).catch(() => undefined));

  return new Response(readable, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
  });
}
