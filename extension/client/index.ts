/**
 * `@gatehouse/client`: what a web app may want beside an ordinary SDK and a base URL. It has no
 * dependency, and without Gatehouse it does nothing.
 */

/** Where any SDK finds Gatehouse: its `baseURL`. The key does not matter. */
export const BASE_URL = 'https://gatehouse.invalid/v1';

/** A refusal has a code of EIP-1193: 4001 the person said no, 4100 not allowed, 4200 no such method, 4900 gone. */
export interface ProviderError extends Error {
  readonly code: number;
  /** The code of Gatehouse's own error: `user_rejected`. */
  readonly data?: { readonly code: string };
}

/** What each event of the provider object brings. */
export interface GatehouseEvents {
  connect: { readonly models: readonly string[] };
  disconnect: ProviderError;
  permission_changed: { readonly allowed: boolean };
  models_changed: object;
  locked: object;
}
export type GatehouseEvent = keyof GatehouseEvents;

export interface GatehouseProvider {
  /**
   * `gatehouse_connect` asks the person where they were not asked yet, and answers the ids of the
   * models; `gatehouse_models` is the same. Rejects with a `ProviderError`.
   */
  request(call: {
    readonly method: 'gatehouse_connect' | 'gatehouse_models';
  }): Promise<readonly string[]>;
  on<Name extends GatehouseEvent>(
    event: Name,
    listener: (detail: GatehouseEvents[Name]) => void,
  ): void;
  removeListener<Name extends GatehouseEvent>(
    event: Name,
    listener: (detail: GatehouseEvents[Name]) => void,
  ): void;
}

/** What a `gatehouse:announce` event brings as its `detail`. */
export interface Announcement {
  readonly uuid: string;
  readonly name: string;
  /** A `data:` URL. */
  readonly icon: string;
  readonly rdns: string;
  readonly version: string;
  readonly baseURL: string;
  readonly provider: GatehouseProvider;
}

/** Finds Gatehouse, within so many milliseconds; undefined where there is none. Asks the person nothing. */
export function detect({ timeout = 200 }: { timeout?: number } = {}): Promise<
  Announcement | undefined
> {
  return new Promise((resolve) => {
    const heard = (event: Event) => end((event as CustomEvent<Announcement>).detail);
    const timer = setTimeout(() => end(), timeout);
    function end(found?: Announcement) {
      clearTimeout(timer);
      removeEventListener('gatehouse:announce', heard);
      resolve(found);
    }
    addEventListener('gatehouse:announce', heard);
    dispatchEvent(new Event('gatehouse:request'));
  });
}

const HELLO = 'gatehouse:bridge';

/** What a worker asks its page for. */
type Asked =
  | [id: number, url: string, init: RequestInit]
  /** The worker stopped waiting. */
  | [id: number];
type Told =
  | [
      id: number,
      status: number,
      statusText: string,
      headers: [string, string][],
      body: ReadableStream | null,
    ]
  | [id: number, message: string];

interface Target {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/**
 * Gives a page's worker its way to Gatehouse. In the page `bridge(worker)`, with the `Worker` or a
 * `SharedWorker`; in the worker `bridge()`, before an SDK is made.
 */
export function bridge(worker?: Worker | SharedWorker): void {
  if (worker === undefined) return bridgeWorker();
  const { port1, port2 } = new MessageChannel();
  servePage(port1);
  const target: Target = 'port' in worker ? worker.port : worker;
  target.postMessage(HELLO, [port2]);
  // A shared worker outlives the page: it must not ask here any more.
  addEventListener('pagehide', () => port1.postMessage(HELLO));
}

function servePage(port: MessagePort): void {
  const running = new Map<number, AbortController>();
  port.onmessage = async ({ data }: MessageEvent<Asked>) => {
    const [id, url, init] = data;
    if (url === undefined) return running.get(id)?.abort();
    const controller = new AbortController();
    running.set(id, controller);
    try {
      // The worker's word is no reason to fetch anything else.
      if (!isOurs(url)) throw new TypeError('Failed to fetch');
      const { status, statusText, headers, body } = await fetch(url, {
        ...init,
        signal: controller.signal,
      });
      const told: Told = [id, status, statusText, [...headers], body];
      port.postMessage(told, body ? [body] : []);
    } catch (error) {
      const told: Told = [id, String((error as Error).message)];
      port.postMessage(told);
    }
  };
}

const isOurs = (url: string) => new URL(url).origin === new URL(BASE_URL).origin;

function bridgeWorker(): void {
  const native = fetch;
  const waiting = new Map<number, (told: Told) => void>();
  const ports: MessagePort[] = [];
  let opened: (() => void) | undefined;
  const open = new Promise<void>((resolve) => (opened = resolve));
  let last = 0;

  const listen = (target: Pick<EventTarget, 'addEventListener'>) =>
    target.addEventListener('message', (event) => {
      const { data, ports: brought } = event as MessageEvent;
      const port = brought[0];
      if (data !== HELLO || !port) return;
      event.stopImmediatePropagation();
      ports.unshift(port);
      port.onmessage = ({ data: told }: MessageEvent<Told | typeof HELLO>) => {
        if (told === HELLO) ports.splice(ports.indexOf(port), 1);
        else waiting.get(told[0])?.(told);
      };
      opened?.();
    });
  listen(globalThis);
  // In a shared worker each page has a port of its own; it starts when the worker's own listener is on.
  addEventListener('connect', (event) => {
    const [page] = (event as MessageEvent).ports;
    if (!page) return;
    listen(page);
    setTimeout(() => page.start());
  });

  globalThis.fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!URL.canParse(address) || !isOurs(address)) return native(input, init);
    const request = new Request(input, init);
    const { method, headers, signal } = request;
    const body = request.body ? await request.arrayBuffer() : null;
    await open;
    signal.throwIfAborted();
    const id = ++last;
    const port = ports[0];
    if (!port) throw new TypeError('Failed to fetch');
    return new Promise<Response>((resolve, reject) => {
      const abort = () => {
        waiting.delete(id);
        port.postMessage([id]);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort);
      waiting.set(id, (told) => {
        waiting.delete(id);
        if (told.length === 2) {
          signal.removeEventListener('abort', abort);
          return reject(new TypeError(told[1]));
        }
        const [, status, statusText, answerHeaders, stream] = told;
        resolve(new Response(stream, { status, statusText, headers: answerHeaders }));
      });
      port.postMessage([id, address, { method, headers: [...headers], body }], body ? [body] : []);
    });
  };
}
