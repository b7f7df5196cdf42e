import { CHANGE_CHANNEL, openDatabase, type Ports } from '../../core/index.ts';
import type { HeldSession } from './held-session.ts';
import { modelOfPages } from './model-of-pages.ts';

/** What the core asks of its host, where the host is the service worker of a web app. */
export function createWebPorts(
  { store, wakeAt }: HeldSession,
  clients: Pick<Clients, 'get' | 'matchAll'>,
): Ports {
  const changes = new BroadcastChannel(CHANGE_CHANNEL);
  return {
    fetch: (request) => fetch(request),
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    openDatabase: () => openDatabase(),
    askUser: () => Promise.reject(new Error('Only pages of our own reach this worker')),
    askUnlock: () => Promise.reject(new Error('Only pages of our own reach this worker')),
    wakeAt,
    session: store,
    // A web worker lives as long as an answer's body is open: nothing to do (platform-facts.md).
    keepAlive: () => () => undefined,
    publish: (change) => changes.postMessage(change),
    onDeviceModel: modelOfPages(clients),
  };
}
