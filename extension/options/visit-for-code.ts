import { VIRTUAL_ORIGIN } from '../../core/index.ts';

/**
 * In the extension: a tab whose address is watched. It comes back to the virtual origin, which no
 * server has, so that nobody else sees the code; the tab is closed before that shows.
 */
export async function visitForCode(toPage: (callback: string) => string): Promise<string> {
  const callback = `${VIRTUAL_ORIGIN}/connect/${crypto.randomUUID()}`;
  const { id: tabId } = await chrome.tabs.create({ url: toPage(callback) });
  return new Promise((resolve, reject) => {
    const end = () => {
      chrome.tabs.onUpdated.removeListener(updated);
      chrome.tabs.onRemoved.removeListener(removed);
    };
    const updated = (id: number, _change: unknown, { url, pendingUrl }: chrome.tabs.Tab) => {
      const back = [url, pendingUrl].find((address) => address?.startsWith(`${callback}?`));
      if (id !== tabId || back === undefined) return;
      end();
      void chrome.tabs.remove(id).catch(() => undefined);
      const code = new URL(back).searchParams.get('code');
      if (code) resolve(code);
      else reject(new Error('The provider’s page gave no code.'));
    };
    const removed = (id: number) => {
      if (id !== tabId) return;
      end();
      reject(new Error('The page was closed before it gave a key.'));
    };
    chrome.tabs.onUpdated.addListener(updated);
    chrome.tabs.onRemoved.addListener(removed);
  });
}
