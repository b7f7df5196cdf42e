/**
 * Runs in an isolated world of the page: from the start in top frames, and in others once one of them
 * wants to call. It carries frames as they are, and opens its port to the background with the first
 * one, so that a page that never calls never starts the worker. Who calls is the port's own `sender`.
 */
import { HELLO, LOST, PORT_NAMES } from '../protocol.ts';

declare global {
  var gatehouseRelay: true | undefined;
  interface Document {
    readonly prerendering: boolean;
  }
}

function start(): void {
  const { port1: page, port2 } = new MessageChannel();
  let background: chrome.runtime.Port | undefined;

  const lose = () => {
    background = undefined;
    page.postMessage(LOST);
  };

  function connect(): chrome.runtime.Port {
    const port = chrome.runtime.connect({ name: PORT_NAMES.page });
    port.onMessage.addListener((frame: unknown[]) => {
      const bytes = frame[2];
      page.postMessage(frame, bytes instanceof Uint8Array ? [bytes.buffer] : []);
    });
    port.onDisconnect.addListener(lose);
    return port;
  }

  page.onmessage = ({ data }) => {
    try {
      background ??= connect();
      background.postMessage(data);
    } catch {
      // The extension was updated or turned off, and this script outlived it.
      lose();
    }
  };
  window.postMessage(HELLO, '*', [port2]);
}

// The background puts it into all frames of a tab, also into those that have it.
if (!globalThis.gatehouseRelay) {
  globalThis.gatehouseRelay = true;
  // A page that is rendered ahead of time has no place in a tab yet, and so no identity.
  if (document.prerendering) document.addEventListener('prerenderingchange', start, { once: true });
  else start();
}
