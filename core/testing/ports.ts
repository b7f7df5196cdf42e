import { createChanges, type Changes } from '../changes.ts';
import type { Change, Ports, SessionStore } from '../ports.ts';
import { openDatabase } from '../storage/database.ts';

/** Real storage under a name of its own, a clock that the test moves, and no network. */
export interface TestPorts extends Ports {
  clock: { now: number };
  changes: Change[];
  databaseName: string;
}

export function createTestPorts(change: Partial<Ports> = {}): TestPorts {
  const clock = { now: Date.UTC(2026, 10, 20, 12) };
  const changes: Change[] = [];
  const databaseName = `test-${crypto.randomUUID()}`;
  return {
    clock,
    changes,
    databaseName,
    fetch: () => Promise.reject(new Error('This test has no network.')),
    now: () => clock.now,
    randomId: () => crypto.randomUUID(),
    openDatabase: () => openDatabase(databaseName),
    askUser: () => Promise.reject(new Error('This test has no person.')),
    askUnlock: () => Promise.reject(new Error('This test has no person.')),
    wakeAt: () => undefined,
    session: createMemorySession(),
    keepAlive: () => () => undefined,
    publish: (published) => changes.push(published),
    ...change,
  };
}

/** As the router gives its ports to its parts: what one publishes, the others hear. */
export function withChanges<Host extends Ports>(host: Host): { ports: Host; changes: Changes } {
  const changes = createChanges(host);
  return { ports: { ...host, publish: (change) => changes.publish(change) }, changes };
}

/** Clones what passes through, as `chrome.storage.session` does. */
export function createMemorySession(): SessionStore {
  const values = new Map<string, unknown>();
  return {
    get: (key) => Promise.resolve(structuredClone(values.get(key))),
    set: (key, value) => Promise.resolve(void values.set(key, structuredClone(value))),
    remove: (key) => Promise.resolve(void values.delete(key)),
    keys: () => Promise.resolve([...values.keys()]),
  };
}
