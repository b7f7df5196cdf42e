import { fromMessagePort, serveControl, type Control } from '../../core/index.ts';

/** Where a browser does not tell that a channel was closed. */
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
      const end = setTimeout(resolve, LONGEST_CALL_MS);
      port.addEventListener('close', () => {
        clearTimeout(end);
        resolve();
      });
    }),
  );
}
