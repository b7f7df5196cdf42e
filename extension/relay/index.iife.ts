/**
 * Runs in an isolated world of the page: from the start in top frames, and in others once one of them
 * wants to call. It carries frames as they are, and opens its port to the background with the first
 * one, so that a page that never calls never starts the worker. Who calls is the port's own `sender`.
 */
import { HELLO, LOST, PORT_NAMES } from '../protocol.ts';

declare global {
  /** Offers a port to the page, until the page has taken one. */
  var gatehouseRelay: (() => void) | undefined;
  interface Document {
    readonly prerendering: boolean;
  }
}

function createRelay(): () => void {
  let taken = false;
  let background: chrome.runtime.Port | undefined;

  function connect(page: MessagePort): chrome.runtime.Port {
    const port = chrome.runtime.connect({ name: PORT_NAMES.page });
    port.onMessage.addListener((frame: unknown[]) => {
      const bytes = frame[2];
      page.postMessage(frame, bytes instanceof Uint8Array ? [bytes.buffer] : []);
    });
    port.onDisconnect.addListener(() => lose(page));
    return port;
  }

  function lose(page: MessagePort): void {
    background = undefined;
    page.postMessage(LOST);
  }

  return () => {
    if (taken) return;
    const { port1: page, port2 } = new MessageChannel();
    page.onmessage = ({ data }) => {
      taken = true;
      try {
        background ??= connect(page);
        background.postMessage(data);
      } catch {
        // The extension was updated or turned off, and this script outlived it.
        lose(page);
      }
    };
    window.postMessage(HELLO, '*', [port2]);
  };
}

// It may be put into a frame again: where it came before inpage, its first offer was not heard.
const offer = (globalThis.gatehouseRelay ??= createRelay());
// A page that is rendered ahead of time has no place in a tab yet, and so no identity.
if (document.prerendering) document.addEventListener('prerenderingchange', offer, { once: true });
else offer();
