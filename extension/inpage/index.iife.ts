/**
 * Runs in the page's own world, in every frame, before its first script. It holds no secret: whatever a
 * page does to it, it does to itself.
 *
 * `fetch` and `XMLHttpRequest` are covered. `EventSource` and `sendBeacon` are not: no API that we offer
 * is a GET stream or takes a beacon, and each patched native is one more thing that a page could miss.
 */
import { HELLO } from '../protocol.ts';
import { createEngine, type Engine } from './engine.ts';
import { patchFetch } from './fetch.ts';
import { createIsVirtual } from './virtual.ts';
import { patchXhr } from './xhr.ts';

let engine: Engine | undefined;
const start = () => (engine ??= createEngine());

// A top frame has a relay from the start, and its natives are still the browser's. Most other frames
// never call: they pay for a few functions until they do, or until a relay comes by.
if (parent === window) start();
const onMessage = (event: MessageEvent) => {
  if (engine ?? event.data === HELLO) start().onWindowMessage(event);
};
addEventListener('message', onMessage, true);
const isVirtual = createIsVirtual(() => start().readUrl);
patchFetch(isVirtual, start);
patchXhr(isVirtual, start, () => engine);
