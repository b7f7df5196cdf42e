import {
  CHANGE_CHANNEL,
  createOnDeviceModel,
  openDatabase,
  type Ports,
  type SessionStore,
} from '../../core/index.ts';
import { createKeepAlive } from './keep-alive.ts';
import { createOfferTab } from './offer-tab.ts';
import { hideOrigin } from './origin-header.ts';

export const WAKE_ALARM = 'wake';

/** What the core asks of its host, where the host is the extension's service worker. */
export function createExtensionPorts(ask: Pick<Ports, 'askUser' | 'askUnlock'>): Ports {
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
    ...ask,
    wakeAt,
    session: createSessionStore(chrome.storage.session),
    keepAlive: createKeepAlive(() => chrome.runtime.getPlatformInfo()),
    publish: (change) => changes.postMessage(change),
    // Chrome gives it to an extension's worker too, and so it needs no page.
    onDeviceModel: createOnDeviceModel(),
    showOffer: createOfferTab(),
  };
}

/** An alarm starts the worker where it sleeps. Chrome rings at most each half minute. */
function wakeAt(time: number | undefined): void {
  const set =
    time === undefined
      ? chrome.alarms.clear(WAKE_ALARM)
      : chrome.alarms.create(WAKE_ALARM, { when: time });
  // Without the alarm the deadline still holds for the next call.
  void set.catch(() => undefined);
}

/** In memory, closed to content scripts, outlives the worker, goes with the browser. */
function createSessionStore(area: chrome.storage.StorageArea): SessionStore {
  return {
    get: async (key) => (await area.get(key))[key],
    set: (key, value) => area.set({ [key]: value }),
    remove: (key) => area.remove(key),
    keys: () => area.getKeys(),
  };
}
