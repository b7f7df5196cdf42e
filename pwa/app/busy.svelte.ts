import { STREAM_LOCK } from './update.svelte.ts';

let jobs = $state(0);

/**
 * Marks work that an update would break, an answer that streams, until the returned function is
 * called. The lock tells the other pages, and goes with the page should it be closed.
 */
export function beginWork(): () => void {
  jobs += 1;
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  void navigator.locks.request(STREAM_LOCK, { mode: 'shared' }, () => done);
  let open = true;
  return () => {
    if (open) jobs -= 1;
    open = false;
    end();
  };
}

export function isBusy(): boolean {
  return jobs > 0;
}
