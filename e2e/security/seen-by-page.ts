import type { BrowserContext, Page } from '@playwright/test';

/**
 * Everything in the memory of the page's process as one text: strings of the page, of its extension
 * scripts, of its DOM. What is not in here can not have been received.
 */
async function takeHeap(context: BrowserContext, page: Page): Promise<string> {
  const session = await context.newCDPSession(page);
  const pieces: string[] = [];
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => pieces.push(chunk));
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await session.detach();
  return pieces.join('');
}

/** All that a page's script can read about itself. */
async function readSurface(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const caches_ = await caches.keys().catch(() => []);
    const databases = await indexedDB.databases().catch(() => []);
    return JSON.stringify([
      document.documentElement.outerHTML,
      document.cookie,
      { ...localStorage },
      { ...sessionStorage },
      performance.getEntries().map((entry) => entry.toJSON()),
      caches_,
      databases,
      Object.getOwnPropertyNames(window),
      location.href,
      history.state,
      window.name,
    ]);
  });
}

/** Which of the secrets a page can see, in its memory or on its surface; `[]` is what we promise. */
export async function findSecrets(
  context: BrowserContext,
  page: Page,
  secrets: readonly string[],
): Promise<string[]> {
  const seen = (await takeHeap(context, page)) + (await readSurface(page));
  return secrets.filter((secret) => seen.includes(secret));
}
