import { createOnDeviceModel, fromMessagePort, serveOnDevice } from '../../core/index.ts';
import { MODEL_ASKED } from '../session-messages.ts';

/** Answers the worker, which has no model of its own, with the one of this page's browser. */
export function lendModel(container: ServiceWorkerContainer): void {
  const model = createOnDeviceModel();
  container.addEventListener('message', ({ data, ports: [port] }: MessageEvent) => {
    if ((data as { type?: unknown } | null)?.type !== MODEL_ASKED || port === undefined) return;
    serveOnDevice(fromMessagePort(port), model);
  });
  container.startMessages();
}
