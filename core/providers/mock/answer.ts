import { pause } from '../../streams/pause.ts';
import { MOCK_MODELS } from './models.ts';
import { writeScript, type MockRequest, type Script } from './script.ts';
import { countTokens, toChunks, toCompletion, type MockUsage } from './stream.ts';

const SLOW_MS = 100;

/** One answer in the making. */
interface Scene {
  readonly request: MockRequest;
  readonly signal: AbortSignal;
  readonly id: string;
  readonly model: string;
}

type Play = (scene: Scene) => Response | Promise<Response>;

/** How each model answers; those that are not here say their script (script.ts). */
const PLAYS: Readonly<Record<string, Play>> = Object.freeze({
  slow: (scene) => say(scene, { delayMs: SLOW_MS }),
  comments: (scene) => say(scene, { comments: 3 }),
  cut: (scene) => say(scene, { cut: true }),
  empty: (scene) => say(scene, { script: {} }),
  hang: ({ signal }) => new Promise<Response>((_, reject) => onAbort(signal, reject)),
  garbage: ({ request }) =>
    request.stream
      ? eventStream(['data: {"choices": [{"delta": {"content": "hal\n\n', 'data: }{ not JSON\n\n'])
      : new Response('{"choices": [ not JSON', { headers: JSON_TYPE }),
  html: () =>
    new Response('<!doctype html><title>Mock</title><p>Sign in to the mock network.', {
      headers: { 'content-type': 'text/html; charset=utf-8' },
    }),
  'error-in-stream': ({ request }) => {
    const error = { message: 'The mock provider failed as it was asked to.', code: 'server_error' };
    return request.stream
      ? eventStream([': mock\n\n', `data: ${JSON.stringify({ error })}\n\n`])
      : json({ error, choices: [] });
  },
});

const JSON_TYPE = { 'content-type': 'application/json' };

/** Speaks OpenAI's chat format without a network. Rejects as `fetch` does when the signal fires. */
export async function answerMock(request: Request): Promise<Response> {
  request.signal.throwIfAborted();
  const { pathname } = new URL(request.url);
  if (pathname.endsWith('/models')) return json(listModels());
  if (!pathname.endsWith('/chat/completions')) return fail(404, 'There is nothing here.');
  const text = await request.text();
  const asked = JSON.parse(text) as MockRequest;
  const model = asked.model ?? 'echo';
  const status = /^error-([45]\d\d)$/.exec(model)?.[1];
  if (status !== undefined) return failAs(Number(status));
  if (!(model in MOCK_MODELS)) return fail(404, `The model ${model} does not exist.`);
  const play = PLAYS[model] ?? say;
  return play({ request: asked, signal: request.signal, id: toId(text), model });
}

interface Manner {
  readonly script?: Script;
  readonly delayMs?: number;
  readonly comments?: number;
  /** Breaks off after the first half. */
  readonly cut?: boolean;
}

async function say(scene: Scene, manner: Manner = {}): Promise<Response> {
  const { request, model, id } = scene;
  const script = manner.script ?? writeScript(model, request);
  const usage = countUsage(request, script);
  if (request.stream) {
    const counted = request.stream_options?.include_usage ? usage : undefined;
    return eventStream(toEvents(toChunks(id, model, script, counted), manner), {
      ...manner,
      signal: scene.signal,
    });
  }
  if (manner.delayMs !== undefined) {
    await pause(manner.delayMs * usage.completion_tokens, scene.signal);
  }
  const body = JSON.stringify(toCompletion(id, model, script, usage));
  if (!manner.cut) return new Response(body, { headers: JSON_TYPE });
  return new Response(toStream([body.slice(0, body.length / 2)], { cut: true }), {
    headers: JSON_TYPE,
  });
}

function toEvents(chunks: Iterable<object>, { comments = 0, cut = false }: Manner): string[] {
  const events = [...chunks].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  const kept = cut ? events.slice(0, Math.max(2, events.length / 2)) : [...events, DONE];
  return [...Array<string>(comments).fill(': mock is working\n\n'), ...kept];
}

const DONE = 'data: [DONE]\n\n';

interface Pace {
  readonly delayMs?: number;
  readonly cut?: boolean;
  readonly signal?: AbortSignal;
}

function eventStream(events: Iterable<string>, pace: Pace = {}): Response {
  return new Response(toStream(events, pace), {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  });
}

/** One chunk a read, so that who reads slowly gets them slowly. */
function toStream(chunks: Iterable<string>, pace: Pace): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  const rest = chunks[Symbol.iterator]();
  return new ReadableStream(
    {
      start(controller) {
        if (pace.signal) onAbort(pace.signal, (reason) => controller.error(reason));
      },
      async pull(controller) {
        const { done, value } = rest.next();
        if (!done) {
          if (pace.delayMs !== undefined) await pause(pace.delayMs, pace.signal);
          controller.enqueue(utf8.encode(value));
        } else if (pace.cut) controller.error(new TypeError('The mock provider broke off.'));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function countUsage({ messages }: MockRequest, script: Script): MockUsage {
  const prompt = countTokens(
    (messages ?? []).map(({ content }) => JSON.stringify(content ?? '')).join(' '),
  );
  const { text = '', reasoning = '', toolCall } = script;
  const completion = countTokens(`${reasoning} ${text} ${toolCall?.arguments ?? ''}`.trim());
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}

function failAs(status: number): Response {
  const answer = fail(status, `The mock provider answers ${status}, as it was asked to.`);
  if (status === 429) answer.headers.set('retry-after', '1');
  return answer;
}

function fail(status: number, message: string): Response {
  return json({ error: { message, type: 'mock_error', param: null, code: null } }, status);
}

function json(body: object, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: JSON_TYPE });
}

function listModels(): object {
  const data = Object.entries(MOCK_MODELS).map(([id, name]) => ({
    id,
    name,
    object: 'model',
    created: 0,
    owned_by: 'mock',
    context_window: 128_000,
  }));
  return { object: 'list', data };
}

/** The same for the same request (FNV-1a). */
function toId(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return `chatcmpl-mock-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

function onAbort(signal: AbortSignal, leave: (reason: unknown) => void): void {
  if (signal.aborted) leave(signal.reason);
  else signal.addEventListener('abort', () => leave(signal.reason), { once: true });
}
