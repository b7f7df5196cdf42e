import type { RequestRecord } from '../../../core/index.ts';
import { getApp } from '../../app/context.ts';
import { toWords } from '../../components/loaded.svelte.ts';
import { mergeLog } from './merge.ts';

export interface Log {
  /** The newest first; undefined until the first time. */
  readonly requests: readonly RequestRecord[] | undefined;
  /** The ids of those that run. */
  readonly live: readonly string[];
  readonly error: string | undefined;
  refresh(): Promise<void>;
}

/** The log as it grows: after the first time only what changed is asked for. Call while a component is made. */
export function createLog(): Log {
  const { control, onChange } = getApp();
  let requests = $state.raw<readonly RequestRecord[]>();
  let live = $state.raw<readonly string[]>([]);
  let error = $state<string>();
  let turn: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    try {
      const known = requests ?? [];
      const since = Math.max(0, ...known.map(({ updatedAt }) => updatedAt));
      const [changed, running] = await Promise.all([
        control.requestLog(since),
        control.liveRequests(),
      ]);
      requests = mergeLog(known, changed);
      live = running.map(({ id }) => id);
      error = undefined;
    } catch (reason) {
      error = toWords(reason);
    }
  }

  /** One at a time, so that an older answer never follows a newer one. */
  const refresh = () => (turn = turn.then(read));

  $effect(() => {
    void refresh();
    return onChange(['log', 'requests'], () => void refresh());
  });

  return {
    get requests() {
      return requests;
    },
    get live() {
      return live;
    },
    get error() {
      return error;
    },
    refresh,
  };
}
