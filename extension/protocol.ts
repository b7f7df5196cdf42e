/** Every message between the parts of the extension that is not a frame of core/transport. */

/** Names of runtime ports. */
export const PORT_NAMES = {
  /** A web page's calls, through the relay. */
  page: 'page',
  /** Our own pages' calls to the virtual origin. */
  firstParty: 'first-party',
  /** Our own pages' `Control`, by comlink. */
  control: 'control',
} as const;

/** The relay to its window, with a MessagePort: taken by inpage before a script of the page sees it. */
export const HELLO = 'gatehouse:hello';

/** A child frame's inpage to the top window: it has a call to make, and no relay. */
export const WANTS_RELAY = 'gatehouse:wants-relay';

/** The top frame's inpage to its relay, and that to the background: put a relay into each frame. */
export const SPREAD = 'spread';

/** The relay to inpage: the background went away. */
export const LOST = 'lost';
