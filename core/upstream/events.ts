import { RouterError, toRouterError } from '../errors.ts';
import { isContent, type ChatEvent, type Usage } from '../formats/chat.ts';
import type { UpstreamFormat } from '../formats/format.ts';
import { truncated } from '../streams/truncated.ts';
import type { Clock } from './clock.ts';
import { fromFault } from './faults.ts';

/** One upstream answer, event by event. Pulled: who does not read makes the upstream wait. */
export interface EventReader {
  /**
   * The events that came together, at least one; undefined at the end. Throws a RouterError for a
   * fault, after the events before it.
   */
  read(): Promise<readonly ChatEvent[] | undefined>;
  /** Closes the upstream's connection. */
  cancel(): void;
}

/** After the answer's own end mark, how long its connection may take to close by itself. */
const CLOSE_WITHIN_MS = 500;

export function readEvents(
  body: ReadableStream<Uint8Array>,
  format: UpstreamFormat,
  clock: Clock,
  secrets: readonly string[],
  onUsage?: (usage: Usage) => void,
): EventReader {
  const reader = body.getReader();
  let batch: ChatEvent[] = [];
  let fault: RouterError | undefined;
  let over = false;
  let spoke = false;

  const decoder = format.createDecoder((event) => {
    if (fault !== undefined) return;
    spoke = true;
    if (onUsage !== undefined)
      for (const part of event.parts) if (part.type === 'usage') onUsage(part.usage);
    const stated = event.parts.find((part) => part.type === 'error');
    if (stated === undefined) batch.push(event);
    else fault = fromFault(stated.error, secrets);
  });

  async function pull(): Promise<void> {
    clock.wait();
    let step;
    try {
      step = await reader.read();
    } catch {
      throw clock.signal.aborted ? toRouterError(clock.signal.reason) : truncated();
    }
    clock.touch();
    if (step.done) {
      over = true;
      end();
    } else {
      decoder.decode(step.value);
    }
  }

  /** An upstream that closes before its first event did not break off: it has nothing to say. */
  function end(): void {
    try {
      decoder.end();
    } catch (error) {
      throw spoke ? error : empty();
    }
  }

  function close(): void {
    over = true;
    clock.stop();
  }

  return {
    async read() {
      batch = [];
      while (batch.length === 0 && fault === undefined && !over) {
        try {
          await pull();
        } catch (error) {
          fault ??= toRouterError(error);
        }
        if (decoder.finished && !over && fault === undefined) {
          close();
          settle(reader);
        }
      }
      if (batch.length > 0) {
        clock.begin();
        return batch;
      }
      close();
      if (fault === undefined) return undefined;
      reader.cancel().catch(() => {}); // the fault is what counts
      throw fault;
    },
    cancel() {
      close();
      reader.cancel().catch(() => {}); // nobody listens any more
    },
  };
}

/** Lets a finished answer's connection close by itself, so that it can serve the next request. */
function settle(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  const cancel = () => void reader.cancel().catch(() => {});
  const timer = setTimeout(cancel, CLOSE_WITHIN_MS);
  reader.read().then(
    ({ done }) => {
      clearTimeout(timer);
      if (!done) cancel();
    },
    () => clearTimeout(timer),
  );
}

/** Reads on until something that a person or a program can use; more than this is no answer. */
const MOST_HELD_EVENTS = 10_000;

/**
 * Reads until the first content, so that what fails before it is still an HTTP status, and may still
 * go to another route. A stream that ends without any is a failure.
 */
export async function holdUntilContent(reader: EventReader): Promise<ChatEvent[]> {
  const held: ChatEvent[] = [];
  while (held.length < MOST_HELD_EVENTS) {
    const events = await reader.read();
    if (events === undefined) {
      assertAnswer(held);
      return held;
    }
    held.push(...events);
    if (events.some((event) => event.parts.some(isContent))) return held;
  }
  reader.cancel();
  throw empty();
}

/** An answer without content says something only where its finish tells why there is none. */
const TELLING: ReadonlySet<string> = new Set(['length', 'content-filter']);

function assertAnswer(events: readonly ChatEvent[]): void {
  const parts = events.flatMap((event) => event.parts);
  if (parts.some((part) => part.type === 'finish' && TELLING.has(part.reason))) return;
  throw empty();
}

/** The same for a whole answer: here an empty text counts where the model was charged for it. */
export function assertWholeAnswer(event: ChatEvent): void {
  const spent = event.parts.some((part) => part.type === 'usage' && part.usage.output > 0);
  if (!spent && !event.parts.some(isContent)) assertAnswer([event]);
}

function empty(): RouterError {
  return new RouterError('bad_upstream', 'The provider ended its answer without saying anything.');
}
