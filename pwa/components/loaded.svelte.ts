import type { Change } from '../../core/index.ts';
import { getApp } from '../app/context.ts';

export interface Loaded<T> {
  /** The last that was loaded; undefined until the first time. */
  readonly value: T | undefined;
  /** Why the last try failed, in words. */
  readonly error: string | undefined;
  refresh(): Promise<void>;
}

/** Loads something for a screen and again whenever one of these topics changes. Call while a component is made. */
export function createLoaded<T>(
  load: () => Promise<T>,
  topics: readonly Change['topic'][],
): Loaded<T> {
  const { onChange } = getApp();
  let value = $state.raw<T>();
  let error = $state<string>();
  let latest = 0;

  async function refresh() {
    const turn = ++latest;
    try {
      const loaded = await load();
      if (turn !== latest) return;
      value = loaded;
      error = undefined;
    } catch (reason) {
      if (turn === latest) error = toWords(reason);
    }
  }

  $effect(() => {
    void refresh();
    return onChange(topics, () => void refresh());
  });

  return {
    get value() {
      return value;
    },
    get error() {
      return error;
    },
    refresh,
  };
}

/** The words of an error; never "something went wrong". */
export function toWords(reason: unknown): string {
  if (reason instanceof Error && reason.message) return reason.message;
  return typeof reason === 'string' && reason ? reason : 'Gatehouse’s worker did not answer.';
}
