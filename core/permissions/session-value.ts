import type { SessionStore } from '../ports.ts';

/**
 * One value in the session store. Updates run one after the other, so that none is lost. It is read
 * once in a worker's life: only one worker of a host makes decisions, and a call must not wait for it.
 */
export interface SessionValue<Value> {
  get(): Promise<Value>;
  /** `change` edits the value in place; what it returns is the answer. */
  update<Result>(change: (value: Value) => Result): Promise<Result>;
}

export function createSessionValue<Value>(
  session: SessionStore,
  key: string,
  toInitial: () => Value,
): SessionValue<Value> {
  let last: Promise<unknown> = Promise.resolve();
  let known: { value: Value } | undefined;
  async function read(): Promise<Value> {
    known ??= { value: ((await session.get(key)) as Value | undefined) ?? toInitial() };
    return known.value;
  }
  return {
    async get() {
      await last;
      return read();
    },
    update(change) {
      const run = last.then(async () => {
        const value = structuredClone(await read());
        const result = change(value);
        await session.set(key, value);
        known = { value };
        return result;
      });
      last = run.catch(() => undefined);
      return run;
    },
  };
}
