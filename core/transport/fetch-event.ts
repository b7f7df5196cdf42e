/**
 * Answers the `fetch` events of our own pages: the virtual origin and, in the PWA, the router's paths
 * on its own origin. The extension's worker and the PWA's worker use the same code.
 */
import { VIRTUAL_ORIGIN, type Router } from '../router.ts';
import { openEarly } from './early-head.ts';

/** A page names its call by this header, so that it can cancel it before there are headers. */
export const CALL_HEADER = 'x-gatehouse-call';
/** The BroadcastChannel on which a page posts the name of a call that it gave up. */
export const CANCEL_CHANNEL = 'gatehouse-cancel';

/** What is used of a worker's FetchEvent: its type exists only in a worker's program. */
export interface PageCall {
  readonly request: Request;
  readonly clientId: string;
  respondWith(answer: Promise<Response>): void;
}

export interface FetchEventOptions {
  /** True for a path that the router has on this origin itself; the virtual origin has them all. */
  isOwnPath?: (path: string) => boolean;
  /** How long a page waits for headers before its browser gives up; we answer before. */
  headDeadlineMs?: number;
  clients: { get(id: string): Promise<unknown> };
  /** This worker's own origin. */
  origin: string;
}

const HEAD_DEADLINE_MS = 270_000;
const CLIENT_POLL_MS = 1000;

/** Call at the top of the worker, before any other `fetch` listener. */
export function createFetchListener(
  router: Router,
  {
    clients,
    origin,
    isOwnPath = () => false,
    headDeadlineMs = HEAD_DEADLINE_MS,
  }: FetchEventOptions,
): (event: PageCall) => void {
  const calls = new Map<string, AbortController>();
  new BroadcastChannel(CANCEL_CHANNEL).addEventListener('message', ({ data }) => {
    if (typeof data === 'string') calls.get(data)?.abort(cancelled());
  });

  return (event) => {
    const { request, clientId } = event;
    const url = new URL(request.url);
    const ours =
      url.origin === VIRTUAL_ORIGIN || (url.origin === origin && isOwnPath(url.pathname));
    if (!ours) return;
    // A navigation can come from any site (a link, a form): it is never a call of our own page.
    if (request.mode === 'navigate' || request.destination !== '' || clientId === '') return;
    event.respondWith(answer(request, clientId));
  };

  async function answer(request: Request, clientId: string): Promise<Response> {
    const controller = new AbortController();
    const name = request.headers.get(CALL_HEADER) ?? crypto.randomUUID();
    calls.set(name, controller);
    const poll = setInterval(() => void leaveWith(clientId, controller), CLIENT_POLL_MS);
    try {
      const headers = new Headers(request.headers);
      headers.delete(CALL_HEADER);
      const streams = wantsStream(request);
      const call = new Request(request, { headers, signal: controller.signal });
      const answered = router.handle(call, { kind: 'first-party' });
      return await openEarly(answered, {
        url: request.url,
        streams,
        afterMs: headDeadlineMs,
        abort: controller,
      });
    } finally {
      clearInterval(poll);
      calls.delete(name);
    }
  }

  /** Before there are headers nothing tells a worker that the tab was closed (platform-facts.md). */
  async function leaveWith(clientId: string, controller: AbortController): Promise<void> {
    if (!(await clients.get(clientId))) controller.abort(cancelled());
  }
}

async function wantsStream(request: Request): Promise<boolean> {
  if (request.method !== 'POST') return false;
  const { pathname, searchParams } = new URL(request.url);
  if (pathname.endsWith('/stream')) return true;
  // Without `alt=sse` that answer is one JSON array, which holds no comments.
  if (pathname.endsWith(':streamGenerateContent')) return searchParams.get('alt') === 'sse';
  // A form is large, and asks for no stream of ours: it is not read twice.
  if (/^multipart\//i.test(request.headers.get('content-type') ?? '')) return false;
  try {
    const body: unknown = await request.clone().json();
    return (body as { stream?: unknown } | null)?.stream === true;
  } catch {
    return false;
  }
}

function cancelled(): DOMException {
  return new DOMException('The page gave up the call', 'AbortError');
}
