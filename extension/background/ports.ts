import { CHANGE_CHANNEL, openDatabase, type Ports, type SessionStore } from '../../core/index.ts';
import { createKeepAlive } from './keep-alive.ts';
import { hideOrigin } from './origin-header.ts';

/** What the core asks of its host, where the host is the extension's service worker. */
export function createExtensionPorts(askUser: Ports['askUser']): Ports {
  const changes = new BroadcastChannel(CHANGE_CHANNEL);
  const originHidden = hideOrigin();
  return {
    async fetch(request) {
      await originHidden;
      return fetch(request);
    },
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    openDatabase: () => openDatabase(),
    askUser,
    session: createSessionStore(chrome.storage.session),
    keepAlive: createKeepAlive(() => chrome.runtime.getPlatformInfo()),
    publish: (change) => changes.postMessage(change),
  };
}

/** In memory, closed to content scripts, outlives the worker, goes with the browser. */
function createSessionStore(area: chrome.storage.StorageArea): SessionStore {
  return {
    get: async (key) => (await area.get(key))[key],
    set: (key, value) => area.set({ [key]: value }),
    remove: (key) => area.remove(key),
  };
}
