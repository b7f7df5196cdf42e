import { isSupportedPage } from '../../pwa/origin/site-status.ts';

/** The page that the popup was opened over. */
export interface CurrentPage {
  readonly tabId: number | undefined;
  /** Absent where Gatehouse does not work on this kind of page. */
  readonly origin: string | undefined;
  /** Chrome's own setting for this site is "on click". */
  readonly blocked: boolean;
}

/** `?tab=<id>` names a tab; without it, the one in front. */
export async function findCurrentPage(search: string): Promise<CurrentPage> {
  const named = Number(new URLSearchParams(search).get('tab'));
  const tab = named
    ? await chrome.tabs.get(named)
    : (await chrome.tabs.query({ active: true, currentWindow: true }))[0];
  const origin = isSupportedPage(tab?.url) ? new URL(tab!.url!).origin : undefined;
  const blocked =
    origin !== undefined && !(await chrome.permissions.contains({ origins: [`${origin}/*`] }));
  return { tabId: tab?.id, origin, blocked };
}
