import { bare, getter, method } from '../../core/transport/natives.ts';
import type { Port } from '../../core/transport/port.ts';
import { HELLO, LOST, SPREAD, WANTS_RELAY } from '../protocol.ts';

const { setTimeout, parent, top } = globalThis as unknown as Window & typeof globalThis;
const addListener = method(EventTarget.prototype, 'addEventListener');
const stop = method(Event.prototype, 'stopImmediatePropagation');
const eventData = getter(MessageEvent.prototype, 'data');
const eventSource = getter(MessageEvent.prototype, 'source');
const eventPorts = getter(MessageEvent.prototype, 'ports');
const postToPort = method(MessagePort.prototype, 'postMessage');
const startPort = method(MessagePort.prototype, 'start');
const postToWindow = method<Window, 'postMessage'>(window, 'postMessage');

/** A frame that no relay can be put into gets an error rather than silence. */
const RELAY_WAIT_MS = 3000;

interface Waiting {
  readonly frame: unknown;
  next: Waiting | undefined;
}

/**
 * The port to the relay. A top frame has a relay from the start. A child frame asks for one with its
 * first call: an isolated world costs 168 kB in each frame, and most frames never call.
 */
export function createPagePort(): Port {
  const isTop = parent === window;
  let port: MessagePort | undefined;
  let asked = isTop;
  let first: Waiting | undefined;
  let last: Waiting | undefined;
  let message: (message: unknown) => void;
  let closed: () => void;

  const onWindowMessage = (event: Event) => {
    const data: unknown = eventData(event as MessageEvent);
    if (data === HELLO && eventSource(event as MessageEvent) === window) {
      stop(event);
      const offered = eventPorts(event as MessageEvent)[0];
      if (offered && !port) connect(offered);
    } else if (data === WANTS_RELAY && isTop) {
      stop(event);
      post(SPREAD);
    }
  };
  addListener(window, 'message', onWindowMessage, true);

  function connect(given: MessagePort): void {
    port = given;
    addListener(port, 'message', (event) => {
      const frame: unknown = eventData(event as MessageEvent);
      if (frame === LOST) closed();
      else message(frame);
    });
    startPort(port);
    for (let entry = first; entry; entry = entry.next) postToPort(port, entry.frame);
    first = undefined;
  }

  function post(frame: unknown): void {
    if (port) return postToPort(port, frame);
    const waiting: Waiting = { frame, next: undefined };
    if (first && last) last.next = waiting;
    else first = waiting;
    last = waiting;
    if (!asked) ask();
  }

  function ask(): void {
    asked = true;
    // `document.open()` may have taken the listener away.
    addListener(window, 'message', onWindowMessage, true);
    postToWindow(top as Window, WANTS_RELAY, bare({ targetOrigin: '*' }));
    setTimeout(() => {
      if (port) return;
      first = undefined;
      asked = false;
      closed();
      closed();
    }, RELAY_WAIT_MS);
  }

  return {
    post,
    listen(onMessage, onClosed) {
      message = onMessage;
      closed = onClosed;
    },
    close: () => undefined,
  };
}
