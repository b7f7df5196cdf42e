/** What each page of ours calls first: its own `fetch` to the virtual origin, and the `Control`. */
import { createClient, createControlClient, type Control } from '../core/index.ts';
import { patchFetch } from './inpage/fetch.ts';
import { PORT_NAMES } from './protocol.ts';
import { createLazyPort, fromRuntimePort } from './runtime-port.ts';

/**
 * The worker's `fetch` event would see our calls too, but not those of a page that was loaded before
 * the worker became active, and not an abort before the headers (platform-facts.md).
 */
export function connectFirstParty(): Control {
  const client = createClient(createLazyPort(PORT_NAMES.firstParty), self.origin);
  patchFetch(client.send);
  return createControlClient(() =>
    fromRuntimePort(chrome.runtime.connect({ name: PORT_NAMES.control })),
  );
}
