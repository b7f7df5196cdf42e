import {
  createModelOfPages,
  fromMessagePort,
  type OnDeviceModel,
  type Port,
} from '../../core/index.ts';
import { MODEL_ASKED } from '../session-messages.ts';

type Pages = Pick<Clients, 'get' | 'matchAll'>;

/** Browsers give their own model to pages, and not to a web worker: an open page of ours lends it. */
export function modelOfPages(clients: Pages): OnDeviceModel {
  return createModelOfPages(async () => {
    const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true });
    return pages.map((page) => {
      const { port1, port2 } = new MessageChannel();
      page.postMessage({ type: MODEL_ASKED }, [port2]);
      return untilGone(fromMessagePort(port1), page.id, clients);
    });
  });
}

const LOOK_EVERY_MS = 1_000;

/** A port tells a worker when it is closed, but not when its page is (Chromium 156, measured). */
function untilGone(port: Port, pageId: string, clients: Pick<Clients, 'get'>): Port {
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    post: (message) => port.post(message),
    listen(message, closed) {
      port.listen(message, closed);
      timer = setInterval(() => {
        void clients.get(pageId).then((page) => {
          if (page !== undefined) return;
          clearInterval(timer);
          closed();
        });
      }, LOOK_EVERY_MS);
    },
    close() {
      clearInterval(timer);
      port.close();
    },
  };
}
