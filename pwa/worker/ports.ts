import {
  CHANGE_CHANNEL,
  openDatabase,
  type GatehouseDatabase,
  type Ports,
  type SessionStore,
} from '../../core/index.ts';

/** What the core asks of its host, where the host is the service worker of a web app. */
export function createWebPorts(): Ports {
  const changes = new BroadcastChannel(CHANGE_CHANNEL);
  let database: Promise<GatehouseDatabase> | undefined;
  return {
    fetch: (request) => fetch(request),
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    openDatabase: () => (database ??= connect()),
    askUser: () => Promise.reject(new Error('Only pages of our own reach this worker')),
    session: createMemoryStore(),
    // A web worker lives as long as an answer's body is open: nothing to do (platform-facts.md).
    keepAlive: () => () => undefined,
    publish: (change) => changes.postMessage(change),
  };

  /** A connection that a newer version closed, or that failed, is opened again by the next call. */
  async function connect(): Promise<GatehouseDatabase> {
    const forget = () => (database = undefined);
    try {
      const opened = await openDatabase();
      opened.addEventListener('close', forget);
      return opened;
    } catch (error) {
      forget();
      throw error;
    }
  }
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
