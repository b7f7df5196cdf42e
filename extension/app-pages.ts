/**
 * Row X6: what pages of ours say to a page that may be the app, in its own world, document by document.
 * Any page may say that it is the app: who is meant is decided by the origin, and by the person.
 */
import type { AppPage } from '../pwa/app/context.ts';
import { readKnownPages } from './known-pages.ts';

/** The pages that asked for Gatehouse and stand in a tab by themselves; of one origin, or of all. */
export async function findPages(origin?: string): Promise<AppPage[]> {
  const known = Object.entries(await readKnownPages())
    .map(([documentId, page]) => ({ documentId, ...page }))
    .filter((page) => origin === undefined || page.origin === origin);
  const here = await Promise.all(known.map((page) => isItself(page).catch(() => false)));
  return known.filter((_, index) => here[index]);
}

/** Read in our own world there, where no script of the page reaches it. */
async function isItself({ tabId, documentId, origin }: AppPage): Promise<boolean> {
  const [found] = await chrome.scripting.executeScript({
    target: { tabId, documentIds: [documentId] },
    func: () => self.origin,
  });
  return found?.frameId === 0 && found.result === origin;
}

/**
 * The page's answer; undefined where nothing in it listens. Rejects where the page is gone, also while
 * it is thinking about it.
 */
export async function say(page: AppPage, event: string, said: object): Promise<unknown> {
  if (!(await isItself(page))) throw new Error('The page of the app is gone.');
  const [answer] = await chrome.scripting.executeScript({
    target: { tabId: page.tabId, documentIds: [page.documentId] },
    world: 'MAIN',
    func: sayInPage,
    args: [event, said],
  });
  return answer?.result ?? undefined;
}

export async function show({ tabId }: AppPage): Promise<void> {
  await chrome.tabs.update(tabId, { active: true });
}

/** Runs in the page's own world, so it is whole in itself. */
function sayInPage(name: string, said: object): Promise<unknown> {
  return new Promise((resolve) => {
    const detail = { said, reply: resolve };
    // Who listens says so by taking the event.
    if (dispatchEvent(new CustomEvent(name, { cancelable: true, detail }))) resolve(undefined);
  });
}
