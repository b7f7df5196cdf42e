import { fromMessagePort, serveControl, type Control } from '../../core/index.ts';

/** For a page that goes away in the middle, where the browser does not tell. */
const LONGEST_CALL_MS = 60_000;

/**
 * Serves one call of a page on the channel that came with it, and stays alive for it. Only pages of
 * this origin can post to this worker.
 */
export function answerControl(event: ExtendableMessageEvent, control: Control): void {
  const [port] = event.ports;
  if (!port) return;
  serveControl(fromMessagePort(port), control);
  event.waitUntil(
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(end);
        resolve();
      };
      const end = setTimeout(done, LONGEST_CALL_MS);
      port.addEventListener('close', done);
      // Comlink's word for a proxy that is let go. A new version waits for every call to be over.
      port.addEventListener('message', ({ data }: MessageEvent<{ type?: unknown }>) => {
        if (data.type === 'RELEASE') done();
      });
    }),
  );
}
