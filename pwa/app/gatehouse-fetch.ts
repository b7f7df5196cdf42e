import { CALL_HEADER, CANCEL_CHANNEL, VIRTUAL_ORIGIN } from '../../core/index.ts';

const cancels = new BroadcastChannel(CANCEL_CHANNEL);

/**
 * `fetch` to the router of this page's own worker, the same in both hosts. Before there are headers a
 * browser does not tell its worker that a page gave up: the page says it itself.
 */
export async function gatehouseFetch(path: string, init: RequestInit = {}): Promise<Response> {
  const name = crypto.randomUUID();
  const headers = new Headers(init.headers);
  headers.set(CALL_HEADER, name);
  const cancel = () => cancels.postMessage(name);
  init.signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await fetch(ownOrigin() + path, { ...init, headers });
  } finally {
    init.signal?.removeEventListener('abort', cancel);
  }
}

/**
 * Where the extension is installed it answers the virtual origin in every web page, the app's too, and
 * it has other keys and chats: the app asks at its own address. Without a worker that would be the
 * server of its files, and what is said here is not for that.
 */
function ownOrigin(): string {
  if (location.protocol === 'chrome-extension:') return VIRTUAL_ORIGIN;
  if (navigator.serviceWorker.controller === null)
    throw new Error('Gatehouse is still starting. Try again in a moment.');
  return location.origin;
}
