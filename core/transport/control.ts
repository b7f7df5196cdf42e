/** `Control` over a port, by comlink: our own screens' way to the worker, in both hosts. */
import { expose, releaseProxy, transferHandlers, wrap, type Endpoint } from 'comlink';
import type { Control } from '../control.ts';
import { RouterError } from '../errors.ts';
import type { Port } from './port.ts';

/** What changes nothing may be asked again when the worker died over it. */
const READS: ReadonlySet<string> = new Set<keyof Control>([
  'status',
  'listProviders',
  'probeProvider',
  'findLocalServers',
  'detectKeys',
  'checkKey',
  'listModels',
  'refreshModels',
  'listLogicalModels',
  'listSites',
  'getSite',
  'listProfiles',
  'liveRequests',
  'usageToday',
  'usageBetween',
  'requestLog',
  'listCooldowns',
  'listSetAside',
  'copySetAside',
  'getSettings',
]);

keepErrorCodes();

/** Only for ports whose other end is a page of our own, as the browser says. */
export function serveControl(port: Port, control: Control): void {
  expose(control, toEndpoint(port));
}

/**
 * Each call opens a port of its own: a worker that was stopped between two calls is started by the next
 * one, and there is no connection to lose. Where the worker dies in the middle, a read is asked once
 * more and a change rejects with `internal_error`: it may or may not have been made.
 */
export function createControlClient(open: () => Port | Promise<Port>): Control {
  async function call(name: string, values: unknown[]): Promise<unknown> {
    const port = await open();
    let lose = (_error: Lost) => {};
    const lost = new Promise<never>((_resolve, reject) => (lose = reject));
    const remote = wrap<Record<string, (...all: unknown[]) => unknown>>(
      toEndpoint(port, () => lose(new Lost('internal_error', 'The worker stopped. Try again.'))),
    );
    try {
      return await Promise.race([remote[name]?.(...values), lost]);
    } finally {
      remote[releaseProxy]();
      port.close();
    }
  }

  async function callAgain(name: string, values: unknown[]): Promise<unknown> {
    try {
      return await call(name, values);
    } catch (error) {
      if (error instanceof Lost && READS.has(name)) return call(name, values);
      throw error;
    }
  }

  return new Proxy({} as Control, {
    get: (_target, name) =>
      // A promise that resolves with the control must not take it for a promise.
      typeof name === 'string' && name !== 'then'
        ? (...values: unknown[]) => callAgain(name, values)
        : undefined,
  });
}

class Lost extends RouterError {}

function toEndpoint(port: Port, closed: () => void = () => {}): Endpoint {
  const listeners = new Set<EventListenerOrEventListenerObject>();
  port.listen((data) => {
    const event = { data } as MessageEvent<unknown>;
    for (const listener of listeners) {
      if (typeof listener === 'function') listener(event);
      else listener.handleEvent(event);
    }
  }, closed);
  return {
    postMessage: (message: unknown) => port.post(message),
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
}

/** Comlink sends an error's words alone; screens switch on its code. */
function keepErrorCodes(): void {
  const usual = transferHandlers.get('throw');
  if (!usual) return;
  transferHandlers.set('throw', {
    ...usual,
    serialize(thrown) {
      const [wire, transfer] = usual.serialize(thrown);
      const { value } = thrown as { value: unknown };
      if (value instanceof RouterError) {
        const { code, status, param } = value;
        Object.assign((wire as { value: object }).value, { code, status, param });
      }
      return [wire, transfer];
    },
  });
}
