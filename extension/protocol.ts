/** Every message between the parts of the extension that is not a frame of core/transport. */

/** The runtime port of a web page's calls, through the relay. */
export const PAGE_PORT = 'page';
/** The runtime port of our own pages' calls to the virtual origin. */
export const FIRST_PARTY_PORT = 'first-party';
/** The runtime port of our own pages' `Control`, by comlink. */
export const CONTROL_PORT = 'control';

/** The relay to its window, with a MessagePort: taken by inpage before a script of the page sees it. */
export const HELLO = 'gatehouse:hello';

/**
 * A child frame's inpage to the top window, where the relay hears it: it has a call, and no relay. The
 * relay hands it to the background, which puts a relay into each frame.
 */
export const WANTS_RELAY = 'gatehouse:relay';

/** An event of the page: it asks whether Gatehouse is there. The relay hands its name to the background. */
export const REQUEST = 'gatehouse:request';

/** The relay to inpage: the background went away. */
export const LOST = 'lost';
