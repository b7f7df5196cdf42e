import { precacheAndRoute } from 'workbox-precaching';
import { beginNewLog, createFetchListener, createRouter } from '../core/index.ts';
import { answerControl } from './worker/control.ts';
import { fetchKept } from './worker/kept-files.ts';
import { createHeldSession } from './worker/held-session.ts';
import { isOwnPath } from './worker/own-path.ts';
import { createWebPorts } from './worker/ports.ts';
import { SESSION_WANTED } from './session-messages.ts';

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
};

const session = createHeldSession(self.clients);
const router = createRouter(createWebPorts(session, self.clients));
void beginNewLog(session.store).catch(() => undefined);

// First, so that no file of the cache stands before a path of the router.
self.addEventListener(
  'fetch',
  createFetchListener(router, { isOwnPath, clients: self.clients, origin: self.location.origin }),
);
self.addEventListener('fetch', (event) => {
  const kept = fetchKept(event.request, self.location.origin, caches);
  if (kept) event.respondWith(kept);
});
precacheAndRoute(self.__WB_MANIFEST, { ignoreURLParametersMatching: [/.*/] });

self.addEventListener('message', (event) => {
  const { type } = (event.data ?? {}) as { type?: unknown };
  if (type === 'control') answerControl(event, router.control);
  if (type === SESSION_WANTED) event.waitUntil(session.tell(event.source as Client));
  if (type === 'claim') event.waitUntil(self.clients.claim());
  if (type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting());
});
