import { RouterError } from '../../errors.ts';
import type {
  OnDeviceModel,
  OnDevicePrompt,
  OnDeviceState,
  OnDeviceUsage,
  Ports,
} from '../../ports.ts';
import { toOnDevicePrompt } from './prompt.ts';
import { stateOnDevice } from './state.ts';

type Asking = Pick<Ports, 'onDeviceModel' | 'now'>;

const MODEL = 'gemini-nano';

const NOT_READY: Readonly<Partial<Record<OnDeviceState, string>>> = Object.freeze({
  none: 'This browser has no model of its own.',
  unavailable: 'This device can not run the browser’s own model.',
  downloadable:
    'The browser’s own model is not downloaded yet. Download it in Gatehouse, under Keys.',
  downloading: 'The browser is still downloading its own model. Try again when it is there.',
});

/**
 * Speaks OpenAI's chat format with the browser's own model: no network, no key. Throws
 * `local_unreachable` where it is not there or not yet, `context_length_exceeded`, `content_filter`,
 * `provider_error`.
 */
export async function answerOnDevice(request: Request, ports: Asking): Promise<Response> {
  request.signal.throwIfAborted();
  const asked = toOnDevicePrompt(await request.json());
  if (typeof asked === 'string') throw new RouterError('invalid_request', asked);
  const missing = NOT_READY[await stateOnDevice(ports)];
  const model = ports.onDeviceModel;
  if (missing !== undefined || model === undefined)
    throw new RouterError('local_unreachable', missing ?? NOT_READY.none!);
  const head = {
    id: `chatcmpl-${crypto.randomUUID()}`,
    created: Math.floor(ports.now() / 1000),
  };
  return asked.stream
    ? streamAnswer(model, asked.prompt, request.signal, head)
    : wholeAnswer(model, asked.prompt, request.signal, head);
}

interface Head {
  readonly id: string;
  readonly created: number;
}

async function wholeAnswer(
  model: OnDeviceModel,
  prompt: OnDevicePrompt,
  signal: AbortSignal,
  head: Head,
): Promise<Response> {
  try {
    const pieces = model.ask(prompt, signal);
    let content = '';
    for (;;) {
      const { done, value } = await pieces.next();
      if (!done) {
        content += value;
        continue;
      }
      const message = { role: 'assistant', content };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      const usage = usageOf(value, content);
      return Response.json({ ...head, object: 'chat.completion', model: MODEL, choices, usage });
    }
  } catch (error) {
    throw signal.aborted ? error : toFault(error);
  }
}

function streamAnswer(
  model: OnDeviceModel,
  prompt: OnDevicePrompt,
  signal: AbortSignal,
  head: Head,
): Response {
  const utf8 = new TextEncoder();
  const cancelled = new AbortController();
  const pieces = model.ask(prompt, AbortSignal.any([signal, cancelled.signal]));
  let content = '';
  const toEvent = (delta: object, finish: string | null, rest: object = {}) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const chunk = { ...head, object: 'chat.completion.chunk', model: MODEL, choices, ...rest };
    return utf8.encode(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (!done) {
          content += value;
          return controller.enqueue(toEvent({ content: value }, null));
        }
        controller.enqueue(toEvent({}, 'stop', { usage: usageOf(value, content) }));
        controller.enqueue(utf8.encode('data: [DONE]\n\n'));
      } catch (error) {
        if (signal.aborted) return controller.error(error);
        const { message, type, code, status } = toFault(error);
        const told = { error: { message, type, code, status } };
        controller.enqueue(utf8.encode(`data: ${JSON.stringify(told)}\n\n`));
      }
      controller.close();
    },
    cancel() {
      cancelled.abort();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** The session counts what it holds, question and answer together: the answer is estimated. */
function usageOf({ before = 0, after }: OnDeviceUsage, content: string) {
  if (after === undefined) return null;
  const output = Math.min(after - before, Math.ceil(content.length / 4));
  return { prompt_tokens: after - output, completion_tokens: output, total_tokens: after };
}

/** The browser's errors by their names. */
function toFault(error: unknown): RouterError {
  const { name, message } = error instanceof Error ? error : new Error();
  const cause = { cause: error };
  if (name === 'QuotaExceededError')
    return new RouterError(
      'context_length_exceeded',
      'The prompt is too long for the context window of the browser’s own model.',
      cause,
    );
  if (name === 'NotReadableError')
    return new RouterError(
      'content_filter',
      'The safety filter of the browser’s own model held its answer back.',
      cause,
    );
  const words = message || 'The browser’s own model failed.';
  return new RouterError('provider_error', words, { ...cause, status: 502, type: 'server_error' });
}
