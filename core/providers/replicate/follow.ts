import { createPolled, endsAt, isOver, readPrediction, type Prediction } from './poll.ts';

type Fetch = (request: Request) => Promise<Response>;

/**
 * Makes one call of what Replicate has two or more for: a prediction is made, then streamed or asked
 * for until it is over. The answer is the prediction that is over, as JSON; or its stream. The
 * predictions that we stop waiting for are cancelled: they cost.
 */
export async function followPrediction(request: Request, fetch: Fetch): Promise<Response> {
  const streams = ((await request.clone().json()) as { stream?: boolean }).stream === true;
  const created = await fetch(request);
  if (!created.ok) return created;
  const prediction = await readPrediction(created);
  const home = endsAt(request.url, prediction);
  if (home === undefined) return Response.json(prediction);
  if (isOver(prediction) && !streams) return Response.json(prediction);
  const ask = (url: string, method = 'GET', signal?: AbortSignal) =>
    fetch(toOwn(request, url, method, signal));
  const cancel = () => void ask(`${home}/cancel`, 'POST').catch(() => {}); // it ends by itself too
  request.signal.addEventListener('abort', cancel, { once: true });
  const settled = () => request.signal.removeEventListener('abort', cancel);

  if (streams) {
    const streamed = await openStream(request, prediction, fetch);
    if (streamed !== undefined) return streamed;
  }
  const polled = createPolled(() => ask(home, 'GET', request.signal), request.signal, settled);
  return streams ? polled.stream(prediction) : polled.whole(prediction);
}

/** A request with the key, which only ever goes to the origin that the first one went to. */
function toOwn(
  { headers }: Request,
  url: string,
  method: string,
  signal: AbortSignal | undefined,
): Request {
  const authorization = headers.get('authorization');
  return new Request(url, {
    method,
    headers: { accept: 'application/json', ...(authorization !== null && { authorization }) },
    ...(signal !== undefined && { signal }),
    ...PRIVATE,
  });
}

const PRIVATE = {
  redirect: 'manual',
  credentials: 'omit',
  referrerPolicy: 'no-referrer',
  cache: 'no-store',
} as const;

/**
 * The prediction's own stream, on a host of Replicate's and without the key: its address is secret
 * enough. Undefined where there is none that may be asked: polling tells the same, later.
 */
async function openStream(
  { url, signal }: Request,
  { urls }: Prediction,
  fetch: Fetch,
): Promise<Response | undefined> {
  if (typeof urls?.stream !== 'string' || !isOfTheSame(urls.stream, url)) return undefined;
  const request = new Request(urls.stream, {
    headers: { accept: 'text/event-stream' },
    signal,
    ...PRIVATE,
  });
  const response = await fetch(request).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return undefined;
  });
  if (response?.ok && /^text\/event-stream/i.test(response.headers.get('content-type') ?? ''))
    return response;
  response?.body?.cancel().catch(() => {}); // polling comes next
  return undefined;
}

const HOSTS = /(?:^|\.)replicate\.(?:com|net|delivery)$/;

/** The same origin; or both on hosts of Replicate's. */
function isOfTheSame(stream: string, base: string): boolean {
  try {
    const [there, here] = [new URL(stream), new URL(base)];
    if (there.origin === here.origin) return true;
    return there.protocol === 'https:' && HOSTS.test(there.hostname) && HOSTS.test(here.hostname);
  } catch {
    return false;
  }
}
