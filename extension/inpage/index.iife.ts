/**
 * Runs in the page's own world, in every frame, before its first script. It holds no secret: whatever a
 * page does to it, it does to itself.
 *
 * `fetch` and `XMLHttpRequest` are covered. `EventSource` and `sendBeacon` are not: no API that we offer
 * is a GET stream or takes a beacon, and each patched native is one more thing that a page could miss.
 */
import { NOT_FOR_OPAQUE } from '../../core/transport/broken.ts';
import { createClient, type Client } from '../../core/transport/client.ts';
import { patchFetch } from './fetch.ts';
import { createPagePort } from './page-port.ts';
import { patchXhr } from './xhr.ts';

const { origin } = self;
const client = createClient(createPagePort(), origin);
// The background refuses an opaque origin too. Here it costs no relay and no start of the worker.
const refuse: Client['send'] = (call, sink) => {
  client.refuse(call, sink, NOT_FOR_OPAQUE);
  return { abort: () => undefined, taken: () => undefined };
};
const send = origin === 'null' ? refuse : client.send;

patchFetch(send);
patchXhr(send);
