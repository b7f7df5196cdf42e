import { CHANGE_CHANNEL, type Change } from '../../core/index.ts';

export interface Changes {
  subscribe(topics: readonly Change['topic'][], listener: (change: Change) => void): () => void;
  /** Tells the other pages and the worker; and this page's own listeners, which a channel leaves out. */
  publish(change: Change): void;
}

/** One BroadcastChannel a page, however many screens listen. */
export function createChanges(channel = new BroadcastChannel(CHANGE_CHANNEL)): Changes {
  const listeners = new Set<(change: Change) => void>();
  const deliver = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  channel.addEventListener('message', (event: MessageEvent<Change>) => deliver(event.data));
  return {
    subscribe(topics, listener) {
      const filtered = (change: Change) => {
        if (topics.includes(change.topic)) listener(change);
      };
      listeners.add(filtered);
      return () => listeners.delete(filtered);
    },
    publish(change) {
      channel.postMessage(change);
      deliver(change);
    },
  };
}
