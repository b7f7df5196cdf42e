import { RouterError, toRouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest, FormatName } from '../formats/chat.ts';
import { formatOf, type AnswerContext, type Format, type FormatTarget } from '../formats/format.ts';
import { firstToAnswer, type Reached } from '../middleware/fallback.ts';
import type { LiveCall } from '../middleware/live.ts';
import { authoriseAndResolve } from '../middleware/permission.ts';
import { createTap, type Tap } from '../streams/tap.ts';
import { ask, type TargetAnswer } from '../upstream/ask.ts';
import { toLimits } from '../upstream/clock.ts';
import { eventStreamAnswer, jsonAnswer, toHeaderValue } from './answer.ts';
import { readJsonObject } from './body.ts';
import type { Call, Endpoint, Parts } from './endpoint.ts';
import { takeRouting } from './routing-fields.ts';

type Answered = Reached<TargetAnswer> & { readonly context: AnswerContext };

/** A chat endpoint for callers that speak one format. */
export function createChatEndpoint(
  name: FormatName,
  options: { readonly forceStream?: boolean } = {},
): Endpoint['answer'] {
  return async (call, parts) => {
    const format = formatOf(parts.formats, name);
    const body = await readJsonObject(call.request);
    const routing = takeRouting(body, call.request.headers);
    if (options.forceStream) body.stream = true;
    const chat = format.decodeRequest(body);
    const live = parts.live.open({
      id: call.id,
      caller: call.caller,
      model: chat.model || 'auto',
      signal: call.request.signal,
    });
    const tap = createTap();
    const settle = createSettle(call, parts, live, tap);
    try {
      const answered = await answerChat(call, parts, chat, routing.provider, live);
      return chat.stream
        ? streamAnswer(call, format, answered, live, tap, settle, routing.ignored)
        : wholeAnswer(call, format, answered, tap, settle, routing.ignored);
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
): Promise<Answered> {
  const { permissions, resolve, credentials, formats, ports } = parts;
  const wanted = { model: chat.model || undefined, provider };
  const { grant, resolution } = await authoriseAndResolve(
    permissions,
    resolve,
    call.caller,
    wanted,
    live.signal,
  );
  if (grant.revoked) live.follow(grant.revoked);
  const settings = await parts.settings();
  const { trace } = call;
  const reached = await firstToAnswer(
    resolution.targets,
    async (target) => {
      const credential = await credentials.next(target.provider);
      live.signal.throwIfAborted();
      live.update({ state: 'sent' });
      return ask({
        chat,
        target,
        secret: credential?.secret,
        limits: toLimits(settings, target.timeoutMs),
        signal: live.signal,
        formats,
        ports,
        dispatched: call.dispatched,
      });
    },
    (target) => {
      trace.attempts += 1;
      trace.provider = target.provider.id;
      trace.model = target.model;
      live.update({ provider: target.provider.id, model: resolution.answerModel });
    },
  );
  return {
    ...reached,
    context: toContext(call, parts, chat, reached.target, resolution.answerModel),
  };
}

function toContext(
  call: Call,
  parts: Parts,
  chat: ChatRequest,
  target: FormatTarget,
  model: string,
): AnswerContext {
  return {
    id: `chatcmpl-${call.id}`,
    created: Math.floor(parts.ports.now() / 1000),
    model,
    includeUsage: chat.includeUsage,
    passThrough: target.provider.format === chat.raw.format,
  };
}

/** Ends the call once, whatever way it ended, and counts it. */
function createSettle(call: Call, parts: Parts, live: LiveCall, tap: Tap) {
  let open = true;
  return (error?: RouterError): void => {
    if (!open) return;
    open = false;
    const { provider, model } = call.trace;
    const counted =
      provider === undefined || model === undefined
        ? Promise.resolve() // it never came to an upstream
        : parts.usage.record({
            caller: call.caller,
            provider,
            model,
            usage: tap.usage,
            toolCalls: tap.toolCalls,
            failed: error !== undefined && error.code !== 'cancelled',
          });
    // The host stays awake until the count is written; a full disk must not spoil the answer.
    void counted.catch(() => {}).finally(() => live.end());
  };
}

function wholeAnswer(
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
  const shown = wantsDebug(call) ? { ...body, gatehouse: { ...debugOf(call), failed } } : body;
  return withDropped(jsonAnswer(shown), [...ignored, ...answer.dropped]);
}

function streamAnswer(
  call: Call,
  format: Format,
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

  const head = wantsDebug(call) ? `: ${JSON.stringify({ ...debugOf(call), failed })}\n\n` : '';
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const text = head + encode(answer.held);
        if (text !== '') controller.enqueue(utf8.encode(text));
      },
      async pull(controller) {
        try {
          for (;;) {
            const events = rest === undefined ? undefined : await rest.read();
            const text = events === undefined ? encoder.end() : encode(events);
            if (text !== '') controller.enqueue(utf8.encode(text));
            if (events === undefined) {
              controller.close();
              return settle();
            }
            if (text !== '') return;
          }
        } catch (thrown) {
          const error = toRouterError(thrown);
          controller.enqueue(format.encodeStreamError(error));
          controller.close();
          settle(error);
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
  return withDropped(eventStreamAnswer(body), [...ignored, ...answer.dropped]);
}

function withDropped(answer: Response, dropped: readonly string[]): Response {
  if (dropped.length > 0) {
    answer.headers.set('x-gatehouse-dropped-params', toHeaderValue(dropped.join(', ')));
  }
  return answer;
}

function wantsDebug(call: Call): boolean {
  return call.request.headers.get('x-gatehouse-debug') === '1';
}

function debugOf({ id, trace, startedAt }: Call) {
  return { id, ...trace, latencyMs: Math.round(performance.now() - startedAt) };
}
