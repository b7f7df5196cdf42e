/** Row X6: the tab of ours that shows what the app offers, one at a time. */
import type { Ports } from '../../core/index.ts';

export function createOfferTab(): NonNullable<Ports['showOffer']> {
  const page = chrome.runtime.getURL(chrome.runtime.getManifest().options_ui?.page ?? '');
  const offers = `${page}#/transfer/`;
  let opening = false;
  let last: number | undefined;

  /** The pages that there are know best; one that is just being loaded is not among them. */
  async function isShown(): Promise<boolean> {
    const tabs = await chrome.runtime.getContexts({
      contextTypes: [chrome.runtime.ContextType.TAB],
    });
    if (tabs.some(({ documentUrl }) => documentUrl?.startsWith(offers))) return true;
    if (last === undefined) return false;
    return chrome.tabs.get(last).then(
      ({ status }) => status === 'loading',
      () => false,
    );
  }

  return async (origin, id) => {
    if (opening) return false;
    opening = true;
    try {
      if (await isShown()) return false;
      const url = `${offers}${id}?${new URLSearchParams({ from: origin })}`;
      last = (await chrome.tabs.create({ url })).id;
      return true;
    } finally {
      opening = false;
    }
  };
}
