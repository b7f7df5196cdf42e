import { CHANGE_CHANNEL, type Change, type Ports } from './ports.ts';

/** What changed in what is stored, whoever changed it: this router, or another page or worker. */
export interface Changes {
  /** Tells the listeners here before it returns, then everyone else. */
  publish(change: Change): void;
  /** The returned function ends it. */
  listen(listener: (topic: Change['topic']) => void): () => void;
}

/**
 * One for each router. A channel does not hear its own posts, and others' arrive a task later; so
 * what is written here is told here at once, and a read right after it sees it.
 */
export function createChanges(ports: Pick<Ports, 'publish'>): Changes {
  const listeners = new Set<(topic: Change['topic']) => void>();
  const tell = (topic: Change['topic']) => {
    for (const listener of listeners) listener(topic);
  };
  const channel = new BroadcastChannel(CHANGE_CHANNEL);
  channel.onmessage = (event: MessageEvent<Change>) => {
    if (typeof event.data?.topic === 'string') tell(event.data.topic);
  };
  // In Node an open channel would keep the process alive; browsers have no such method.
  (channel as { unref?: () => void }).unref?.();
  return {
    publish(change) {
      tell(change.topic);
      ports.publish(change);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
