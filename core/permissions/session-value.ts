import type { SessionStore } from '../ports.ts';

/** One value in the session store. Updates run one after the other, so that none is lost. */
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
  const read = async () => ((await session.get(key)) as Value | undefined) ?? toInitial();
  return {
    async get() {
      await last;
      return read();
    },
    update(change) {
      const run = last.then(async () => {
        const value = await read();
        const result = change(value);
        await session.set(key, value);
        return result;
      });
      last = run.catch(() => undefined);
      return run;
    },
  };
}
