/**
 * The smallest port that the transport works on: a page's MessagePort, an extension's runtime.Port, or
 * in a test two ends of a MessageChannel.
 */
export interface Port {
  /** Sends a copy of one message. In order, none lost while the port is open. */
  post(message: unknown): void;
  /** Called once. `closed` tells that the other end went away; posting then does nothing. */
  listen(message: (message: unknown) => void, closed: () => void): void;
  close(): void;
}

/** What a caller needs of a port: the same, for as many lives as the other end has. */
export type ClientPort = Pick<Port, 'post' | 'listen'>;

/** `closed` fires where the browser tells it (Chromium's `close` event; Node's too). */
export function fromMessagePort(port: MessagePort): Port {
  return {
    post: (message) => port.postMessage(message),
    listen(message, closed) {
      port.addEventListener('message', (event: MessageEvent<unknown>) => message(event.data));
      port.addEventListener('close', closed);
      port.start();
    },
    close: () => port.close(),
  };
}
