import {
  SESSION,
  SESSION_ASKED,
  SESSION_WANTED,
  WAKE_AT,
  type SessionValues,
} from '../session-messages.ts';

/** Longer than this no timer waits. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Holds what the worker wants to find again when it is started anew, in this page's memory alone: the
 * vault key among it, as a key that no script can read. `wake` asks the worker for its status.
 */
export function holdSession(container: ServiceWorkerContainer, wake: () => void): void {
  let values: SessionValues | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function hold(received: SessionValues) {
    values = received;
    clearTimeout(timer);
    const at = values.get(WAKE_AT);
    if (typeof at !== 'number') return;
    timer = setTimeout(wake, Math.min(LONGEST_TIMER_MS, Math.max(0, at - Date.now())));
  }

  container.addEventListener('message', ({ data, ports }: MessageEvent) => {
    const { type, values: received } = (data ?? {}) as { type?: unknown; values?: unknown };
    if (type === SESSION && received instanceof Map) hold(received);
    if (type === SESSION_ASKED) ports[0]?.postMessage(values);
  });
  container.startMessages();

  const want = async () => {
    const { active } = await container.ready;
    active?.postMessage({ type: SESSION_WANTED });
  };
  void want();
  addEventListener('pageshow', ({ persisted }) => {
    // It was away, and heard of no lock meanwhile.
    if (!persisted) return;
    values = undefined;
    void want();
  });
}
