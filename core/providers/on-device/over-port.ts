import type { OnDeviceModel, OnDevicePrompt, OnDeviceState, OnDeviceUsage } from '../../ports.ts';
import type { Port } from '../../transport/port.ts';

/**
 * The model of a page, for a worker that has none. One port an exchange: the page says its state, and
 * may then be asked once. Closing the port ends it from either side.
 */
type FromPage =
  | { readonly is: 'state'; readonly state: OnDeviceState }
  | { readonly is: 'piece'; readonly text: string }
  | { readonly is: 'end'; readonly usage: OnDeviceUsage }
  | { readonly is: 'error'; readonly name: string; readonly message: string };

/** No prompt: stop. A port's own end is not always told to a page (Chromium 156, measured). */
interface ToPage {
  readonly prompt?: OnDevicePrompt;
}

/** The page's end. */
export function serveOnDevice(port: Port, model: OnDeviceModel): void {
  const over = new AbortController();
  const tell = (message: FromPage) => port.post(message);

  async function answer(prompt: OnDevicePrompt): Promise<void> {
    try {
      const pieces = model.ask(prompt, over.signal);
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return tell({ is: 'end', usage: value });
        tell({ is: 'piece', text: value });
      }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error();
      tell({ is: 'error', name, message });
    }
  }

  port.listen(
    (message) => {
      const { prompt } = message as ToPage;
      if (prompt === undefined) over.abort();
      else void answer(prompt);
    },
    () => over.abort(),
  );
  model.state().then(
    (state) => tell({ is: 'state', state }),
    () => tell({ is: 'state', state: 'unavailable' }),
  );
}

/** How long a page may take to say what it has: one that does not is frozen, or of an older version. */
const ANSWER_WITHIN_MS = 2_000;

/** The worker's end. `openAll` gives a new port to each page that there is. */
export function createModelOfPages(openAll: () => Promise<readonly Port[]>): OnDeviceModel {
  /** The first page that has a model, with its state; all other ports are closed. */
  async function find(): Promise<{ talk: Talk; state: OnDeviceState } | undefined> {
    const talks = (await openAll()).map(createTalk);
    const first = await firstWithModel(talks);
    for (const talk of talks) if (talk !== first?.talk) talk.close();
    return first;
  }

  return {
    async state() {
      const found = await find();
      found?.talk.close();
      return found?.state ?? 'none';
    },
    async *ask(prompt, signal) {
      const found = await find();
      if (found === undefined) throw new Error('No page of Gatehouse with a model is open.');
      const { talk } = found;
      const leave = () => talk.close(signal.reason);
      signal.addEventListener('abort', leave);
      try {
        signal.throwIfAborted();
        talk.post({ prompt });
        for (;;) {
          const said = await talk.next();
          if (said.is === 'piece') yield said.text;
          if (said.is === 'end') return said.usage;
          if (said.is === 'error') throw named(said);
        }
      } finally {
        signal.removeEventListener('abort', leave);
        talk.close();
      }
    },
  };
}

async function firstWithModel(
  talks: readonly Talk[],
): Promise<{ talk: Talk; state: OnDeviceState } | undefined> {
  const answers = talks.map(async (talk) => {
    const said = await talk.next();
    if (said.is !== 'state' || said.state === 'none') throw new Error('This page has none.');
    return { talk, state: said.state };
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([Promise.any(answers).catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Talk {
  post(message: ToPage): void;
  /** What the page says next. Rejects where it went away, or the talk was closed meanwhile. */
  next(): Promise<FromPage>;
  close(reason?: unknown): void;
}

function createTalk(port: Port): Talk {
  const said: FromPage[] = [];
  let waiting: { resolve(said: FromPage): void; reject(reason: unknown): void } | undefined;
  let gone: { readonly reason: unknown } | undefined;

  function end(reason: unknown): void {
    gone ??= { reason };
    waiting?.reject(gone.reason);
    waiting = undefined;
  }

  port.listen(
    (message) => {
      if (waiting === undefined) said.push(message as FromPage);
      else waiting.resolve(message as FromPage);
      waiting = undefined;
    },
    () => end(new Error('The page that asked the browser’s own model was closed.')),
  );
  return {
    post: (message) => port.post(message),
    next() {
      const next = said.shift();
      if (next !== undefined) return Promise.resolve(next);
      if (gone !== undefined) return Promise.reject(gone.reason as Error);
      return new Promise((resolve, reject) => (waiting = { resolve, reject }));
    },
    close(reason = new Error('This talk is over.')) {
      end(reason);
      port.post({} satisfies ToPage);
      port.close();
    },
  };
}

/** The name tells what went wrong: `QuotaExceededError`. */
function named({ name, message }: { readonly name: string; readonly message: string }): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
