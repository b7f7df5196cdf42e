import { createControlClient, fromMessagePort, type Control } from '../../core/index.ts';
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
    control: createControlClient(async () => {
      const worker = container.controller ?? (await controlled);
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ type: 'control' }, [port2]);
      return fromMessagePort(port1);
    }),
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
