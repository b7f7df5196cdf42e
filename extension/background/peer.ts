/**
 * Who is at the other end of a port: what the browser wrote into its `sender`, and nothing that anybody
 * sent. A content script's sender has its frame's own origin, also where a page took the frame over.
 */
import type { Caller, Peer } from '../../core/index.ts';
import { PAGE_PORT, FIRST_PARTY_PORT } from '../protocol.ts';

type Sender = chrome.runtime.MessageSender;

/** Undefined where the port is none that may make calls: close it. */
export function toPeer({ name, sender }: chrome.runtime.Port): Peer | undefined {
  if (!sender || sender.id !== chrome.runtime.id || !sender.documentId) return undefined;
  const { documentId: document, origin } = sender;
  if (name === FIRST_PARTY_PORT) {
    if (!isOwn(sender)) return undefined;
    const caller: Caller = { kind: 'first-party' };
    return { document, origin: ownOrigin(), caller: Promise.resolve(caller) };
  }
  if (name !== PAGE_PORT || sender.tab?.id === undefined || origin === undefined) {
    return undefined;
  }
  // A page that is rendered ahead of time is in no frame of its tab yet.
  if (sender.documentLifecycle === 'prerender' || isOwn(sender)) return undefined;
  const topOrigin = sender.frameId === 0 ? Promise.resolve(origin) : readTopOrigin(sender.tab.id);
  return {
    document,
    origin,
    caller: topOrigin.then((top): Caller => ({ kind: 'site', origin, topOrigin: top })),
  };
}

/** A page of ours, and not one that somebody put into a frame. */
export function isOwn(sender: Sender | undefined): boolean {
  return (
    sender?.id === chrome.runtime.id &&
    sender.origin === ownOrigin() &&
    (sender.tab === undefined || sender.frameId === 0)
  );
}

const ownOrigin = () => `chrome-extension://${chrome.runtime.id}`;

/**
 * The origin of a tab's top frame, read in our own world there, where no script of the page reaches
 * `self.origin`. Not the tab's URL: a sandboxed page shows its site's URL and has no origin. A child
 * frame does not outlive its top document, so what is read is that of the child's own.
 */
async function readTopOrigin(tabId: number): Promise<string> {
  const [top] = await chrome.scripting.executeScript({
    target: { tabId, frameIds: [0] },
    func: () => self.origin,
  });
  if (typeof top?.result !== 'string') throw new Error('The top frame has no origin');
  return top.result;
}
