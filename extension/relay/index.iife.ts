/**
 * Runs in an isolated world of the page: from the start in top frames, and in others once one of them
 * wants to call. It carries frames as they are, and opens its port to the background with the first
 * one, so that a page that never calls never starts the worker. Who calls is the port's own `sender`.
 */
import { HELLO, LOST, PAGE_PORT, REQUEST, WANTS_RELAY } from '../protocol.ts';

declare global {
  /** Offers a port to the page, until the page has taken one. */
  var gatehouseRelay: (() => void) | undefined;
  interface Document {
    readonly prerendering: boolean;
  }
}

function createRelay(): () => void {
  let taken = false;
  let page: MessagePort;
  let background: chrome.runtime.Port | undefined;

  function connect(): chrome.runtime.Port {
    const port = chrome.runtime.connect({ name: PAGE_PORT });
    port.onMessage.addListener((frame: unknown[]) => {
      const bytes = frame[2];
      page.postMessage(frame, bytes instanceof Uint8Array ? [bytes.buffer] : []);
    });
    port.onDisconnect.addListener(lose);
    return port;
  }

  function lose(): void {
    background = undefined;
    page.postMessage(LOST);
  }

  function post(frame: unknown): void {
    try {
      background ??= connect();
      background.postMessage(frame);
    } catch {
      // The extension was updated or turned off, and this script outlived it.
      lose();
    }
  }

  addEventListener(REQUEST, ({ type }) => post(type));
  if (window === top) {
    const onRequest = (event: MessageEvent) => {
      if (event.data !== WANTS_RELAY) return;
      event.stopImmediatePropagation();
      post(event.data);
    };
    addEventListener('message', onRequest, true);
  }

  return () => {
    if (taken) return;
    const { port1, port2 } = new MessageChannel();
    page = port1;
    page.onmessage = ({ data }) => {
      taken = true;
      post(data);
    };
    postMessage(HELLO, '*', [port2]);
  };
}

// It may be put into a frame again: where it came before inpage, its first offer was not heard.
const offer = (globalThis.gatehouseRelay ??= createRelay());
// A page that is rendered ahead of time has no place in a tab yet, and so no identity.
if (document.prerendering) document.addEventListener('prerenderingchange', offer, { once: true });
else offer();
