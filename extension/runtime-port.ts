import type { Port } from '../core/index.ts';

/** A runtime.Port as the transport's. */
export function fromRuntimePort(port: chrome.runtime.Port): Port {
  let open = true;
  return {
    post(message) {
      // A post to a port whose other end went away throws, before its onDisconnect came.
      if (open) tryTo(() => port.postMessage(message));
    },
    listen(message, closed) {
      port.onMessage.addListener(message);
      port.onDisconnect.addListener(() => {
        open = false;
        closed();
      });
    },
    close() {
      open = false;
      port.disconnect();
    },
  };
}

function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // Its onDisconnect will say so.
  }
}

/** A port to the background that is opened with the first message, and again after a loss. */
export function createLazyPort(name: string): Port {
  let port: chrome.runtime.Port | undefined;
  let message: (message: unknown) => void = () => {};
  let closed: () => void = () => {};

  function connect(): chrome.runtime.Port {
    const opened = chrome.runtime.connect({ name });
    opened.onMessage.addListener((frame: unknown) => message(frame));
    opened.onDisconnect.addListener(() => {
      if (port !== opened) return;
      port = undefined;
      closed();
    });
    return opened;
  }

  return {
    post: (frame) => (port ??= connect()).postMessage(frame),
    listen(onMessage, onClosed) {
      message = onMessage;
      closed = onClosed;
    },
    close: () => port?.disconnect(),
  };
}
