import { CALL_HEADER, CANCEL_CHANNEL, VIRTUAL_ORIGIN } from '../../core/index.ts';

const cancels = new BroadcastChannel(CANCEL_CHANNEL);

/**
 * `fetch` to the router, the same in both hosts. Before there are headers a browser does not tell its
 * worker that a page gave up: the page says it itself.
 */
export async function gatehouseFetch(path: string, init: RequestInit = {}): Promise<Response> {
  const name = crypto.randomUUID();
  const headers = new Headers(init.headers);
  headers.set(CALL_HEADER, name);
  const cancel = () => cancels.postMessage(name);
  init.signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await fetch(VIRTUAL_ORIGIN + path, { ...init, headers });
  } finally {
    init.signal?.removeEventListener('abort', cancel);
  }
}
