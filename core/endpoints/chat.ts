import { RouterError, toRouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest, UpstreamFormatName } from '../formats/chat.ts';
import { estimateTokens } from '../formats/estimate-tokens.ts';
import { limitOutput } from '../formats/limit-output.ts';
import { formatOf, type AnswerContext, type Format } from '../formats/format.ts';
import type { Reached } from '../middleware/fallback.ts';
import type { LiveCall } from '../middleware/live.ts';
import { wantedBy } from '../middleware/reserve.ts';
import { toShown } from '../middleware/tried.ts';
import { onlySuitable } from '../middleware/suitable.ts';
import type { Provider } from '../providers/provider.ts';
import { createTap, type Tap } from '../streams/tap.ts';
import { ask, type TargetAnswer } from '../upstream/ask.ts';
import { jsonAnswer, streamAnswer, withDropped } from './answer.ts';
import { readJsonObject } from './body.ts';
import { createSettle, dispatch } from './dispatch.ts';
import type { Call, Endpoint, Parts } from './endpoint.ts';
import { toForwarded } from './forwarded-headers.ts';
import { SSE, type Framing } from './framing.ts';
import { takeRouting } from './routing-fields.ts';

type Answered = Reached<TargetAnswer> & { readonly context: AnswerContext };

interface ChatEndpointOptions {
  /** Writes into the body what this endpoint's path says. */
  readonly fromPath?: (call: Call, body: Record<string, unknown>) => void;
  /** How a stream is sent; as SSE where absent. */
  readonly framing?: (call: Call) => Framing;
  /** The provider in the format in which this endpoint asks it; its own where absent. */
  readonly asAsked?: (provider: Provider) => Provider;
}

/** How each dialect names an answer for which the provider gave no name. */
const ID_PREFIXES: Readonly<Partial<Record<UpstreamFormatName, string>>> = Object.freeze({
  'openai-chat': 'chatcmpl-',
  'openai-responses': 'resp_',
  'openai-completions': 'cmpl-',
  'anthropic-messages': 'msg_',
});

const asItIs = (provider: Provider) => provider;

/** A chat endpoint for callers that speak one format. */
export function createChatEndpoint(
  name: UpstreamFormatName,
  { fromPath, framing = () => SSE, asAsked = asItIs }: ChatEndpointOptions = {},
): Endpoint['answer'] {
  return async (call, parts) => {
    const format = formatOf(parts.formats, name);
    const body = await readJsonObject(call.request);
    const routing = takeRouting(body, call.request.headers);
    fromPath?.(call, body);
    const chat = format.decodeRequest(body);
    const live = parts.live.open({
      id: call.id,
      caller: call.caller,
      model: chat.model || 'auto',
      signal: call.request.signal,
    });
    const tap = createTap();
    const settle = createSettle(call, parts, live, Object.assign(tap, { chat }));
    try {
      const answered = await answerChat(call, parts, chat, routing.provider, live, asAsked);
      return chat.stream
        ? answerStream(call, format, framing(call), answered, live, tap, settle, routing.ignored)
        : answerWhole(call, format, answered, tap, settle, routing.ignored);
    } catch (thrown) {
      const error = toRouterError(thrown);
      settle(error);
      throw error;
    }
  };
}

/** Permission, resolve, and the first target that answers. */
async function answerChat(
  call: Call,
  parts: Parts,
  chat: ChatRequest,
  provider: string | undefined,
  live: LiveCall,
  asAsked: (provider: Provider) => Provider,
): Promise<Answered> {
  const wanted = { model: chat.model || undefined, provider };
  const forwarded = toForwarded(call.request.headers);
  const reached = await dispatch(
    call,
    parts,
    live,
    'chat',
    wanted,
    (attempt) =>
      ask({
        ...attempt,
        target: { ...attempt.target, provider: asAsked(attempt.target.provider) },
        chat,
        formats: parts.formats,
        forwarded,
      }),
    {
      choose: (targets) => onlySuitable(targets, chat, parts.catalogue),
      inputTokens: () => estimateTokens(chat),
      use: { wanted: () => wantedBy(chat), limitOutput: (most) => limitOutput(chat, most) },
    },
  );
  const asked = asAsked(reached.target.provider);
  return { ...reached, context: toContext(call, parts, chat, asked, reached.answerModel) };
}

function toContext(
  call: Call,
  parts: Parts,
  chat: ChatRequest,
  asked: Provider,
  model: string,
): AnswerContext {
  return {
    id: `${ID_PREFIXES[chat.raw.format] ?? ''}${call.id}`,
    created: Math.floor(parts.ports.now() / 1000),
    model,
    includeUsage: chat.includeUsage,
    passThrough: asked.format === chat.raw.format,
  };
}

function answerWhole(
  call: Call,
  format: Format,
  { answer, context, failed }: Answered,
  tap: Tap,
  settle: (error?: RouterError) => void,
  ignored: readonly string[],
): Response {
  const event = answer.held[0]!;
  tap.see(event);
  const body = format.encodeResponse(event, context);
  settle();
  const shown = wantsDebug(call)
    ? { ...body, gatehouse: { ...debugOf(call), failed: failed.map(toShown) } }
    : body;
  return withDropped(jsonAnswer(shown), [...ignored, ...answer.dropped]);
}

function answerStream(
  call: Call,
  format: Format,
  framing: Framing,
  { answer, context, failed }: Answered,
  live: LiveCall,
  tap: Tap,
  settle: (error?: RouterError) => void,
  ignored: readonly string[],
): Response {
  live.update({ state: 'streaming' });
  const encoder = format.createEncoder(context);
  const utf8 = new TextEncoder();
  const { rest } = answer;

  function encode(events: readonly ChatEvent[]): string {
    let text = '';
    for (const event of events) {
      tap.see(event);
      text += encoder.encode(event);
    }
    return text;
  }

  const isExplained = wantsDebug(call) && framing.hasComments;
  const head = isExplained
    ? `: ${JSON.stringify({ ...debugOf(call), failed: failed.map(toShown) })}\n\n`
    : '';
  function close(
    controller: ReadableStreamDefaultController<Uint8Array>,
    text: string,
    error?: RouterError,
  ): void {
    const last = text + framing.end();
    if (last !== '') controller.enqueue(utf8.encode(last));
    controller.close();
    settle(error);
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const text = head + framing.frame(encode(answer.held));
        if (text !== '') controller.enqueue(utf8.encode(text));
      },
      async pull(controller) {
        try {
          for (;;) {
            const events = rest === undefined ? undefined : await rest.read();
            const text = framing.frame(events === undefined ? encoder.end() : encode(events));
            if (events === undefined) return close(controller, text);
            if (text === '') continue;
            controller.enqueue(utf8.encode(text));
            return;
          }
        } catch (thrown) {
          const error = toRouterError(thrown);
          close(controller, framing.frame(toText(format.encodeStreamError(error))), error);
        }
      },
      cancel() {
        const error = new RouterError('cancelled', 'The caller stopped reading.');
        live.abort(error);
        rest?.cancel();
        settle(error);
      },
    },
    // Nothing is read ahead: the upstream waits for the caller.
    { highWaterMark: 0 },
  );
  return withDropped(streamAnswer(body, framing.contentType), [...ignored, ...answer.dropped]);
}

const toText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function wantsDebug(call: Call): boolean {
  return call.request.headers.get('x-gatehouse-debug') === '1';
}

function debugOf({ id, trace: { provider, model, attempts }, startedAt }: Call) {
  return { id, provider, model, attempts, latencyMs: Math.round(performance.now() - startedAt) };
}
