import { releaseProxy, wrap } from 'comlink';
import type { Control } from '../../core/index.ts';
import { createUpdate, type AppUpdate } from './update.svelte.ts';
import { workerScript } from './worker-script.ts';

/**
 * Registers the service worker and gives its control to the page. A page that was loaded before the
 * worker was there, or by a hard reload, asks to be claimed: the first visit works without a reload.
 */
export function connectWorker(container = navigator.serviceWorker): {
  control: Control;
  update: AppUpdate;
  controlled: Promise<ServiceWorker>;
} {
  const registered = container.register(workerScript(), { type: 'module', updateViaCache: 'none' });
  const controlled = registered.then(() => claimed(container));
  return {
    control: createControl(() => container.controller ?? controlled),
    update: createUpdate(container, registered),
    controlled,
  };
}

async function claimed(container: ServiceWorkerContainer): Promise<ServiceWorker> {
  const { active } = await container.ready;
  if (container.controller) return container.controller;
  return new Promise((resolve) => {
    container.addEventListener(
      'controllerchange',
      () => container.controller && resolve(container.controller),
    );
    active?.postMessage({ type: 'claim' });
  });
}

/**
 * Each call has a channel of its own: a worker that was stopped between two calls is started by the
 * next one, and there is no connection to lose.
 */
function createControl(worker: () => ServiceWorker | Promise<ServiceWorker>): Control {
  const call = async (method: string, parameters: unknown[]) => {
    const target = await worker();
    const { port1, port2 } = new MessageChannel();
    const remote = wrap<Record<string, (...all: unknown[]) => unknown>>(port1);
    target.postMessage({ type: 'control' }, [port2]);
    try {
      return await remote[method]?.(...parameters);
    } finally {
      remote[releaseProxy]();
    }
  };
  return new Proxy({} as Control, {
    get: (_target, method) =>
      // A promise resolved with the control must not take it for a promise.
      typeof method === 'string' && method !== 'then'
        ? (...parameters: unknown[]) => call(method, parameters)
        : undefined,
  });
}
