import type { OnDeviceModel, OnDeviceSession, Ports } from '../../ports.ts';
import { toOnDevicePrompt, type OnDevicePrompt } from './prompt.ts';

type Asking = Pick<Ports, 'onDeviceModel' | 'now'>;

const MODEL = 'gemini-nano';
/** How far the download is, from 0 to 1: the browser tells it to who asks for a session. */
let loaded: number | undefined;

/** Speaks OpenAI's chat format with the browser's own model: no network, no key. */
export async function answerOnDevice(request: Request, ports: Asking): Promise<Response> {
  request.signal.throwIfAborted();
  const api = ports.onDeviceModel?.();
  if (api === undefined) return fail(503, 'This browser has no model of its own.');
  const prompt = toOnDevicePrompt(await request.json());
  if (typeof prompt === 'string') return fail(400, prompt);
  const missing = await notReady(api);
  if (missing !== undefined) return fail(503, missing);
  let session: OnDeviceSession;
  try {
    session = await api.create({ ...prompt.options, signal: request.signal });
  } catch (error) {
    return failWith(error, request.signal);
  }
  const id = `chatcmpl-${crypto.randomUUID()}`;
  const created = Math.floor(ports.now() / 1000);
  return prompt.stream
    ? streamAnswer(session, prompt, request.signal, { id, created })
    : wholeAnswer(session, prompt, request.signal, { id, created });
}

/** Why it can't be asked now, in plain words. Where it can be downloaded, that begins. */
async function notReady(api: OnDeviceModel): Promise<string | undefined> {
  const state = await api.availability();
  if (state === 'available') return undefined;
  if (state === 'unavailable') return 'This device can not run the browser’s own model.';
  if (state === 'downloadable') void download(api);
  const share = loaded === undefined ? '' : ` (${Math.round(loaded * 100)} % so far)`;
  return `The browser is downloading its own model${share}. Try again when it is there.`;
}

async function download(api: OnDeviceModel): Promise<void> {
  try {
    const session = await api.create({
      monitor(target) {
        target.addEventListener('downloadprogress', (event) => {
          loaded = (event as Event & { loaded?: number }).loaded;
        });
      },
    });
    session.destroy();
  } catch {
    // Browsers begin a download only after a click in a page: the state stays what it is.
  }
}

interface Head {
  readonly id: string;
  readonly created: number;
}

async function wholeAnswer(
  session: OnDeviceSession,
  { input, constraint }: OnDevicePrompt,
  signal: AbortSignal,
  head: Head,
): Promise<Response> {
  const before = session.inputUsage;
  try {
    let content = '';
    for await (const text of piecesOf(session, input, constraint, signal)) content += text;
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
    const usage = usageOf(before, session.inputUsage, content);
    return Response.json({ ...head, object: 'chat.completion', model: MODEL, choices, usage });
  } catch (error) {
    return failWith(error, signal);
  } finally {
    session.destroy();
  }
}

function streamAnswer(
  session: OnDeviceSession,
  { input, constraint }: OnDevicePrompt,
  signal: AbortSignal,
  head: Head,
): Response {
  const before = session.inputUsage;
  const utf8 = new TextEncoder();
  let content = '';
  const toEvent = (delta: object, finish: string | null, rest: object = {}) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const chunk = { ...head, object: 'chat.completion.chunk', model: MODEL, choices, ...rest };
    return utf8.encode(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const pieces = piecesOf(session, input, constraint, signal);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (!done) {
          content += value;
          return controller.enqueue(toEvent({ content: value }, null));
        }
        const usage = usageOf(before, session.inputUsage, content);
        controller.enqueue(toEvent({}, 'stop', { usage }));
        controller.enqueue(utf8.encode('data: [DONE]\n\n'));
      } catch (error) {
        if (signal.aborted) return controller.error(error);
        const told = { error: { message: wordsOf(error), type: 'server_error', code: null } };
        controller.enqueue(utf8.encode(`data: ${JSON.stringify(told)}\n\n`));
      }
      session.destroy();
      controller.close();
    },
    cancel() {
      session.destroy();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

async function* piecesOf(
  session: OnDeviceSession,
  input: string,
  constraint: object | undefined,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  const stream = session.promptStreaming(input, {
    signal,
    ...(constraint !== undefined && { responseConstraint: constraint }),
  });
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    if (value !== '') yield value;
  }
}

/** The session counts what it holds, question and answer together: the answer is estimated. */
function usageOf(before: number | undefined, after: number | undefined, content: string) {
  if (after === undefined) return null;
  const output = Math.min(after - (before ?? 0), Math.ceil(content.length / 4));
  return {
    prompt_tokens: after - output,
    completion_tokens: output,
    total_tokens: after,
  };
}

function failWith(error: unknown, signal: AbortSignal): Response {
  if (signal.aborted) throw error;
  const tooLong = error instanceof Error && error.name === 'QuotaExceededError';
  return tooLong
    ? fail(400, 'The prompt is too long for the context window of the browser’s own model.')
    : fail(502, wordsOf(error));
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : '';
  return words === '' ? 'The browser’s own model failed.' : words;
}

function fail(status: number, message: string): Response {
  return Response.json({ error: { message, type: 'server_error', code: null } }, { status });
}
