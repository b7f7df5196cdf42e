import { call, hold, keep, read, take } from '../../core/transport/natives.ts';
import { TRIES } from '../../core/transport/client.ts';
import type { ClientPort } from '../../core/transport/port.ts';
import { HELLO, LOST, WANTS_RELAY } from '../protocol.ts';

/** A frame that no relay can be put into gets an error rather than silence. */
const RELAY_WAIT_MS = 3000;

export interface PagePort {
  readonly port: ClientPort;
  /** Takes the relay's port, if that is what the event brings; no script of the page sees it then. */
  onWindowMessage(event: MessageEvent): void;
}

/**
 * The port to the relay. A top frame has a relay from the start. A child frame asks for one with its
 * first call: an isolated world costs 168 kB in each frame, and most frames never call.
 */
export function createPagePort(): PagePort {
  const { parent, top, setTimeout, window } = globalThis as unknown as Window & { window: Window };
  const { postMessage } = window;
  const { apply } = Reflect;
  const ofEvent = take(Event);
  const ofMessage = take(MessageEvent);
  const ofTarget = take(EventTarget);
  const keptPort = keep(MessagePort);
  let port: MessagePort | undefined;
  let asked = parent === window;
  let message: (message: unknown) => void;
  let closed: () => void;
  /** Posts what came before the port did. */
  let postWaiting = () => {};

  function onWindowMessage(event: MessageEvent): void {
    if (read(event, ofMessage, 'data') !== HELLO) return;
    if (read(event, ofMessage, 'source') !== window) return;
    call(event, ofEvent as never, 'stopImmediatePropagation');
    const offered = read(event, ofMessage, 'ports')[0];
    if (port || !offered) return;
    port = hold(offered, keptPort);
    port.onmessage = (received) => {
      const frame: unknown = read(received, ofMessage, 'data');
      if (frame === LOST) closed();
      else message(frame);
    };
    postWaiting();
  }

  function ask(): void {
    asked = true;
    // `document.open()` may have taken the listener away.
    const listener = onWindowMessage as EventListener;
    call(window, ofTarget as never, 'addEventListener', 'message', listener, true);
    apply(postMessage, top, [WANTS_RELAY, '*']);
    setTimeout(() => {
      if (port) return;
      postWaiting = () => {};
      // The last of the losses that a call bears.
      for (let losses = 0; losses < TRIES; losses += 1) closed();
      postWaiting = () => {};
      asked = false;
    }, RELAY_WAIT_MS);
  }

  const post = (frame: unknown) => {
    if (port) return port.postMessage(frame);
    const before = postWaiting;
    postWaiting = () => {
      before();
      port?.postMessage(frame);
    };
    if (!asked) ask();
  };
  const listen = (onMessage: (message: unknown) => void, onClosed: () => void) => {
    message = onMessage;
    closed = onClosed;
  };
  return { port: { post, listen }, onWindowMessage };
}
