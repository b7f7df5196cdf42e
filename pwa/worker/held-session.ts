import type { SessionStore } from '../../core/index.ts';
import { SESSION, SESSION_ASKED, WAKE_AT, type SessionValues } from '../session-messages.ts';

/** A page that does not answer is frozen, or of an older version. */
const ANSWER_WITHIN_MS = 500;

export interface HeldSession {
  readonly store: SessionStore;
  wakeAt(time: number | undefined): void;
  /** For a page that has just come. */
  tell(page: Client): Promise<void>;
}

/** In this worker's memory, with a copy in each open page for the worker after it. */
export function createHeldSession(clients: Pick<Clients, 'matchAll'>): HeldSession {
  let loading: Promise<Map<string, unknown>> | undefined;
  const load = () => (loading ??= readFromPages());

  const pages = () => clients.matchAll({ type: 'window', includeUncontrolled: true });

  async function readFromPages(): Promise<Map<string, unknown>> {
    const answers = (await pages()).map(
      (page) =>
        new Promise<Map<string, unknown>>((resolve, reject) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }: MessageEvent<SessionValues | undefined>) => {
            port1.close();
            if (data instanceof Map && data.size > 0) resolve(data);
            else reject(new Error('This page holds nothing.'));
          };
          page.postMessage({ type: SESSION_ASKED }, [port2]);
          setTimeout(reject, ANSWER_WITHIN_MS);
        }),
    );
    return Promise.any(answers).catch(() => new Map<string, unknown>());
  }

  async function change(edit: (values: Map<string, unknown>) => void): Promise<void> {
    const values = await load();
    edit(values);
    for (const page of await pages()) page.postMessage({ type: SESSION, values });
  }

  return {
    store: {
      get: async (key) => (await load()).get(key),
      set: (key, value) => change((values) => values.set(key, value)),
      remove: (key) => change((values) => values.delete(key)),
      keys: async () => [...(await load()).keys()],
    },
    wakeAt(time) {
      void change((values) => {
        if (time === undefined) values.delete(WAKE_AT);
        else values.set(WAKE_AT, time);
      });
    },
    async tell(page) {
      const values = await load();
      if (values.size > 0) page.postMessage({ type: SESSION, values });
    },
  };
}
