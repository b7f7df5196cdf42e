/** What each page of ours calls first: its own `fetch` to the virtual origin, and the `Control`. */
import { createClient, createResponder, type Control } from '../core/index.ts';
import { connectControl } from './control.ts';
import { patchFetch } from './inpage/fetch.ts';
import { createIsVirtual, createReadUrl } from './inpage/virtual.ts';
import { FIRST_PARTY_PORT } from './protocol.ts';
import { createLazyPort } from './runtime-port.ts';

/**
 * The worker's `fetch` event would see our calls too, but not those of a page that was loaded before
 * the worker became active, and not an abort before the headers (platform-facts.md).
 */
export function connectFirstParty(): Control {
  const responder = createResponder(createClient(createLazyPort(FIRST_PARTY_PORT)));
  const readUrl = createReadUrl();
  patchFetch(
    createIsVirtual(() => readUrl),
    () => responder,
  );
  return connectControl();
}
