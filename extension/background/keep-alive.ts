/** A worker without an event for 30 s is stopped; any call of an extension API is one. */
const EVERY_MS = 20_000;

/** `keepAlive()` holds the worker until the function that it gives is called; twice does no harm. */
export function createKeepAlive(touch: () => unknown): () => () => void {
  let holders = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  return () => {
    holders += 1;
    timer ??= setInterval(touch, EVERY_MS);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      holders -= 1;
      if (holders > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}
