/**
 * Asks the person in a window of our own: one window, however many sites ask. The toolbar popup shows
 * the same questions, for where the window cannot open or stays behind others.
 * The listeners stand from the first turn of the worker; the answers come from our own pages alone.
 */
import type { Control, Ports, SiteRecord } from '../../core/index.ts';
import {
  CONSENT_PORT,
  isFromPage,
  type Answer,
  type Prompt,
  type ToPage,
} from '../consent/protocol.ts';
import { createConsentQueue, toPermission } from './consent-queue.ts';
import { isOwn } from './peer.ts';
import { createUnlockQueue } from './unlock-queue.ts';

const PAGE = 'extension/consent/index.html';
/** The pages that may answer. */
const ANSWERING = [PAGE, 'extension/popup/index.html'];
const WIDTH = 400;
/** Enough for a question with a profile and one remark. */
const HEIGHT = 700;
/** A page that calls in a loop must not pull the window to the front each time. */
const TO_FRONT_EVERY_MS = 5_000;
const UNLOCK_MAY_FOLLOW_MS = 500;

function mayAnswer(sender: chrome.runtime.MessageSender | undefined): boolean {
  const path = new URL(sender?.url ?? 'about:blank').pathname.slice(1);
  return isOwn(sender) && ANSWERING.includes(path);
}

export interface Consent {
  readonly askUser: Ports['askUser'];
  readonly askUnlock: Ports['askUnlock'];
  /** Puts the number of questions on the badge again. */
  showWaiting(): void;
}

export interface ConsentOptions {
  control(): Control;
  /** How many questions wait, for the badge. */
  onWaiting(count: number): void;
}

export function createConsent(options: ConsentOptions): Consent {
  const pages = new Set<chrome.runtime.Port>();
  let windowId: number | undefined;
  let opening = false;
  let lastToFront = 0;

  const queue = createConsentQueue({
    now: () => Date.now(),
    randomId: () => crypto.randomUUID(),
    async lacksKey({ provider }) {
      return provider === undefined && (await options.control().status()).keys === 0;
    },
    async isUnpriced({ model }) {
      const control = options.control();
      const named = (await control.listModels({ ask: false })).find(({ id }) => id === model);
      if (named === undefined || named.logical || named.price) return false;
      const provider = (await control.listProviders()).find(({ id }) => id === named.provider);
      return provider !== undefined && !provider.local && !provider.builtIn;
    },
    listProfiles: () => options.control().listProfiles(),
    onChange({ joined }) {
      const gone = queue.prompts().find(({ state }) => state === 'gone');
      // With no page to say it in, there is no one to tell. This calls us again.
      if (gone && pages.size === 0) return queue.dismiss(gone.id);
      show(joined);
    },
  });
  const unlocks = createUnlockQueue({ now: () => Date.now(), onChange: () => show(false) });

  const toMessage = (): ToPage => ({
    type: 'prompts',
    prompts: queue.prompts(),
    ...(unlocks.prompt() && { unlock: unlocks.prompt() }),
  });
  const isEmpty = () => queue.prompts().length === 0 && unlocks.prompt() === undefined;

  function showWaiting() {
    const questions = queue.prompts().filter(({ state }) => state === 'waiting').length;
    options.onWaiting(questions + (unlocks.prompt() ? 1 : 0));
  }

  function show(joined: boolean) {
    const message = toMessage();
    for (const page of pages) page.postMessage(message);
    showWaiting();
    if (isEmpty()) void closeSoon();
    else if (windowId === undefined) void openWindow();
    else if (joined) void toFront(windowId);
  }

  /** A call that was just allowed may come upon a locked vault: the same window asks for the unlock. */
  async function closeSoon() {
    const { locked } = await options.control().status();
    if (locked) await new Promise((done) => setTimeout(done, UNLOCK_MAY_FOLLOW_MS));
    if (isEmpty()) await closeWindow();
  }

  async function openWindow() {
    if (opening) return;
    opening = true;
    try {
      const created = await chrome.windows.create({
        type: 'popup',
        url: chrome.runtime.getURL(PAGE),
        width: WIDTH,
        height: HEIGHT,
        focused: true,
        ...(await placeOver()),
      });
      windowId = created?.id;
    } catch {
      // The badge and the popup are the second way in; the question's own time limits the wait.
    } finally {
      opening = false;
    }
    if (isEmpty()) await closeWindow();
  }

  async function closeWindow() {
    const id = windowId;
    windowId = undefined;
    if (id !== undefined) await chrome.windows.remove(id).catch(() => undefined);
  }

  async function toFront(id: number) {
    if (Date.now() - lastToFront < TO_FRONT_EVERY_MS) return;
    lastToFront = Date.now();
    await chrome.windows.update(id, { focused: true }).catch(() => undefined);
  }

  function receive(message: unknown) {
    if (!isFromPage(message)) return;
    if (message.type === 'refuse-all') queue.refuseAll();
    else if (message.type === 'not-now') unlocks.refuse();
    else if (message.type === 'extend') queue.extend(message.id);
    else if (message.type === 'dismiss') queue.dismiss(message.id);
    else {
      const prompt = queue.answer(message.id, message.answer);
      if (prompt?.state === 'gone') void remember(prompt, message.answer);
    }
  }

  /** No call waits for this answer: it is kept for the next one, where it is one to keep. */
  async function remember(prompt: Prompt, answer: Answer) {
    if (answer.remember === 'always') await options.control().saveSite(toSite(prompt, answer));
  }

  chrome.runtime.onConnect.addListener((port) => {
    if (port.name !== CONSENT_PORT) return;
    if (!mayAnswer(port.sender)) {
      port.disconnect();
      return;
    }
    pages.add(port);
    port.onMessage.addListener(receive);
    port.onDisconnect.addListener(() => pages.delete(port));
    port.postMessage(toMessage());
  });

  // Closing the window refuses, at once: a page must not hang on a window that is no more.
  chrome.windows.onRemoved.addListener((closed) => {
    if (closed !== windowId) return;
    queue.refuseAll();
    unlocks.refuse();
    // Not before: while some questions are left, no window means that one must open.
    windowId = undefined;
  });

  return { askUser: queue.ask, askUnlock: unlocks.ask, showWaiting };
}

function toSite(prompt: Prompt, answer: Answer): SiteRecord {
  const { limits, expiresAt, scopes, models, profile } = toPermission(prompt, answer, Date.now());
  return {
    origin: prompt.origin,
    ...(prompt.topOrigin !== prompt.origin && { topOrigin: prompt.topOrigin }),
    decision: answer.decision,
    ...(limits && { limits: { ...limits } }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(profile !== undefined && { profile }),
    scopes: [...(scopes ?? [prompt.scope])],
    models: [...(models ?? prompt.models ?? ['*'])],
    createdAt: Date.now(),
  };
}

/** Over the window that the person looks at, and never off its screen's edge. */
async function placeOver(): Promise<{ left: number; top: number } | undefined> {
  try {
    const { left, top, width, height } = await chrome.windows.getLastFocused();
    if (left === undefined || top === undefined || !width || !height) return undefined;
    return {
      left: Math.round(left + Math.max(0, (width - WIDTH) / 2)),
      top: Math.round(top + Math.max(0, Math.min(80, height - HEIGHT))),
    };
  } catch {
    return undefined;
  }
}
