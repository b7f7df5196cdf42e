import { expose } from 'comlink';
import type { Control } from '../../core/index.ts';

/**
 * Serves one call of a page on the channel that came with it. Only pages of this origin can post to
 * this worker. The worker is kept alive until the page lets go of the channel, or for a minute.
 */
export function serveControl(event: ExtendableMessageEvent, control: Control): void {
  const [port] = event.ports;
  if (!port) return;
  expose(control, port);
  event.waitUntil(
    new Promise<void>((resolve) => {
      const end = setTimeout(resolve, 60_000);
      port.addEventListener('message', ({ data }: MessageEvent<{ type?: string }>) => {
        if (data.type !== 'RELEASE') return;
        clearTimeout(end);
        resolve();
      });
    }),
  );
}
