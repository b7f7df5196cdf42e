/** The web pages that asked for Gatehouse, by document. It outlives the worker, as the pages do. */

export interface KnownPage {
  readonly tabId: number;
  /** As the browser said; a document keeps its origin. */
  readonly origin: string;
  /** Of the page that it is a frame in; its own where it is in none. */
  readonly topOrigin: string;
}

const KEPT = 'pages';

export async function readKnownPages(): Promise<Record<string, KnownPage>> {
  const stored = await chrome.storage.session.get(KEPT);
  return (stored[KEPT] ?? {}) as Record<string, KnownPage>;
}

export function saveKnownPages(pages: Record<string, KnownPage>): Promise<void> {
  return chrome.storage.session.set({ [KEPT]: pages });
}
