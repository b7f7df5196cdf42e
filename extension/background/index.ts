/**
 * The extension's service worker. All listeners are registered here, at once, because the browser starts
 * it for an event and kills it between any two; what it knows is behind promises of the router.
 */
import {
  beginNewLog,
  CHANGE_CHANNEL,
  createFetchListener,
  createJournal,
  createPace,
  createRouter,
  serve,
  serveControl,
  type Change,
  type LockReason,
  type ServerOptions,
} from '../../core/index.ts';
import { CONSENT_PORT } from '../consent/protocol.ts';
import { CONTROL_PORT, REQUEST, WANTS_RELAY } from '../protocol.ts';
import { fromRuntimePort } from '../runtime-port.ts';
import { createConsent } from './consent.ts';
import { COPY_ALARM, copyWhenIdle, setCopyAlarm } from './daily-copy.ts';
import { createLockIcon } from './lock-icon.ts';
import { createPages } from './pages.ts';
import { isOwn, toPeer } from './peer.ts';
import { createExtensionPorts, WAKE_ALARM } from './ports.ts';
import { spreadRelay } from './relays.ts';

declare const self: ServiceWorkerGlobalScope;

const consent = createConsent({
  control: () => router.control,
  onWaiting: (count) => void chrome.action.setBadgeText({ text: count > 0 ? String(count) : '' }),
});
const ports = createExtensionPorts(consent);
const router = createRouter(ports);
const pages = createPages(() => router.control);
const server: ServerOptions = {
  handle: router.handle,
  journal: createJournal(ports.session),
  pace: createPace(),
  keepAlive: () => ports.keepAlive(),
  randomId: () => ports.randomId(),
};

void beginNewLog(ports.session).catch(() => undefined);
void server.journal.sweep().catch(() => undefined);

chrome.runtime.onConnect.addListener((port) => {
  if (port.name === CONSENT_PORT) return;
  if (port.name === CONTROL_PORT) {
    if (!isOwn(port.sender)) return port.disconnect();
    // Who opens a page of ours sees there what the badge told.
    consent.showWaiting();
    return serveControl(fromRuntimePort(port), router.control);
  }
  const peer = toPeer(port);
  if (!peer) return port.disconnect();
  serve(fromRuntimePort(port), peer, server);
  port.onMessage.addListener((message: unknown) => {
    const tabId = port.sender?.tab?.id;
    if (message === REQUEST) pages.announceTo(port, peer.caller);
    if (message === WANTS_RELAY && tabId !== undefined)
      void spreadRelay(tabId).catch(() => undefined);
  });
});

self.addEventListener(
  'fetch',
  createFetchListener(router, { clients: self.clients, origin: self.location.origin }),
);

chrome.alarms.onAlarm.addListener(({ name }) => {
  // To ask is enough: a vault whose time is up locks.
  if (name === WAKE_ALARM) void router.control.status().catch(() => undefined);
  if (name === COPY_ALARM) void copyWhenIdle(router.control).catch(() => undefined);
});
void setCopyAlarm().catch(() => undefined);

chrome.idle.onStateChanged.addListener((state) => {
  if (state === 'locked') void lock('system').catch(() => undefined);
});

chrome.commands.onCommand.addListener((command) => {
  if (command === 'lock') void lock('hand').catch(() => undefined);
});

async function lock(reason: LockReason): Promise<void> {
  const { locked, lockable } = await router.control.status();
  if (lockable && !locked) await router.control.lockVault(reason);
}

const showLock = createLockIcon(() => router.control.status());
new BroadcastChannel(CHANGE_CHANNEL).addEventListener(
  'message',
  ({ data }: MessageEvent<Change>) => {
    if (data.topic === 'lock') showLock();
    // A site has used most of its limit.
    if (data.topic === 'budgets') void chrome.action.setBadgeText({ text: '80%' });
  },
);
chrome.runtime.onStartup.addListener(showLock);

chrome.runtime.onInstalled.addListener(({ reason }) => {
  if (reason !== chrome.runtime.OnInstalledReason.INSTALL) return;
  const options = chrome.runtime.getManifest().options_ui?.page;
  if (options) void chrome.tabs.create({ url: `${chrome.runtime.getURL(options)}#/welcome` });
});
