import { CHANGE_CHANNEL, openDatabase, type Ports, type SessionStore } from '../../core/index.ts';

/** What the core asks of its host, where the host is the service worker of a web app. */
export function createWebPorts(): Ports {
  const changes = new BroadcastChannel(CHANGE_CHANNEL);
  return {
    fetch: (request) => fetch(request),
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    openDatabase: () => openDatabase(),
    askUser: () => Promise.reject(new Error('Only pages of our own reach this worker')),
    session: createMemoryStore(),
    // A web worker lives as long as an answer's body is open: nothing to do (platform-facts.md).
    keepAlive: () => () => undefined,
    publish: (change) => changes.postMessage(change),
  };
}

/** Goes with the worker, which is sooner than the browser: nothing may depend on it here. */
function createMemoryStore(): SessionStore {
  const values = new Map<string, unknown>();
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set: (key, value) => Promise.resolve(void values.set(key, value)),
    remove: (key) => Promise.resolve(void values.delete(key)),
  };
}
