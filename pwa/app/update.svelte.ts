/** A newer version of this page that waits to take over. */
export interface AppUpdate {
  readonly ready: boolean;
  readonly applying: boolean;
  /** Takes the new version over as soon as no page of ours streams, and reloads once. */
  apply(): void;
}

/** Held, shared, by each page while an answer streams into it. */
export const STREAM_LOCK = 'gatehouse-stream';
const CHECK_EVERY_MS = 60 * 60 * 1000;

export function createUpdate(
  container: ServiceWorkerContainer,
  registered: Promise<ServiceWorkerRegistration>,
): AppUpdate {
  let waiting = $state.raw<ServiceWorker | null>(null);
  let applying = $state(false);

  void registered.then((registration) => {
    const look = () => {
      // Without a controller this is the first install: nothing old is shown that could be replaced.
      waiting = container.controller ? registration.waiting : null;
    };
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', look);
    });
    look();
    checkRegularly(registration);
  });

  // Every page of ours goes over together: the old page's lazy files are gone with the old worker.
  let had = container.controller !== null;
  let reloading = false;
  container.addEventListener('controllerchange', () => {
    const replaced = had;
    had = true;
    if (!replaced || reloading) return;
    reloading = true;
    void navigator.locks.request(STREAM_LOCK, () => location.reload());
  });

  return {
    get ready() {
      return waiting !== null;
    },
    get applying() {
      return applying;
    },
    apply() {
      if (applying) return;
      applying = true;
      void navigator.locks.request(STREAM_LOCK, () =>
        waiting?.postMessage({ type: 'SKIP_WAITING' }),
      );
    },
  };
}

/** A small file says which build is served; only where it differs is the worker asked for again. */
function checkRegularly(registration: ServiceWorkerRegistration): void {
  let checkedAt = Date.now();
  const check = async () => {
    if (document.visibilityState !== 'visible' || Date.now() - checkedAt < CHECK_EVERY_MS) return;
    checkedAt = Date.now();
    const response = await fetch('./version.json', { cache: 'no-store' });
    const served = (await response.json()) as { build?: string };
    if (served.build !== __GATEHOUSE_BUILD__) await registration.update();
  };
  // Offline, or a host without the file: the browser's own daily check remains.
  const quietly = () => void check().catch(() => undefined);
  setInterval(quietly, CHECK_EVERY_MS);
  document.addEventListener('visibilitychange', quietly);
}
