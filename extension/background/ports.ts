import {
  CHANGE_CHANNEL,
  openDatabase,
  type GatehouseDatabase,
  type Ports,
  type SessionStore,
} from '../../core/index.ts';
import { createKeepAlive } from './keep-alive.ts';
import { hideOrigin } from './origin-header.ts';

/** What the core asks of its host, where the host is the extension's service worker. */
export function createExtensionPorts(askUser: Ports['askUser']): Ports {
  const changes = new BroadcastChannel(CHANGE_CHANNEL);
  const originHidden = hideOrigin();
  let database: Promise<GatehouseDatabase> | undefined;
  return {
    async fetch(request) {
      await originHidden;
      return fetch(request);
    },
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    openDatabase: () => (database ??= connect()),
    askUser,
    session: createSessionStore(chrome.storage.session),
    keepAlive: createKeepAlive(() => chrome.runtime.getPlatformInfo()),
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

/** In memory, closed to content scripts, outlives the worker, goes with the browser. */
function createSessionStore(area: chrome.storage.StorageArea): SessionStore {
  return {
    get: async (key) => (await area.get(key))[key],
    set: (key, value) => area.set({ [key]: value }),
    remove: (key) => area.remove(key),
  };
}
