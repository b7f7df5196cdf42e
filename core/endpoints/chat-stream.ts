import { RouterError, toRouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest } from '../formats/chat.ts';
import type { AnswerContext, Format } from '../formats/format.ts';
import type { LiveCall } from '../middleware/live.ts';
import { toShown } from '../middleware/tried.ts';
import type { TargetAnswer } from '../upstream/ask.ts';
import { streamAnswer } from './answer.ts';
import { createSplice, remarkOf } from './continued.ts';
import { debugOf, wantsDebug } from './debug.ts';
import { standingOf, type Dispatched, type TryTarget } from './dispatch.ts';
import type { Call, Parts } from './endpoint.ts';
import type { Framing } from './framing.ts';
import type { Tally } from './tally.ts';

/** A chat that has come to its first content, or was read whole. */
export interface Answered {
  readonly call: Call;
  readonly parts: Parts;
  readonly format: Format;
  readonly chat: ChatRequest;
  readonly live: LiveCall;
  readonly tally: Tally;
  readonly settle: (error?: RouterError) => void;
  readonly reached: Dispatched<TargetAnswer>;
  /** Asks a target this question. */
  readonly asking: (question: ChatRequest) => TryTarget<TargetAnswer>;
  readonly context: AnswerContext;
  /** It goes on with the next route where it breaks off. */
  readonly isSpliced: boolean;
  /** What came of the tool call that it must have. */
  readonly enforced?: string;
}

/** The answer as a stream. After its first content it ends well, with an error event, or goes on openly. */
export function answerStream(answered: Answered, framing: Framing): Response {
  const { call, parts, format, chat, live, tally, settle, asking, context } = answered;
  live.update({ state: 'streaming' });
  const encoder = format.createEncoder(context);
  const splice = answered.isSpliced ? createSplice() : undefined;
  const utf8 = new TextEncoder();
  let { reached } = answered;

  function encode(events: readonly ChatEvent[]): string {
    let text = '';
    for (const event of events) {
      tally.see(event);
      text += write(splice === undefined ? event : splice.pass(event));
    }
    return text;
  }

  function write(event: ChatEvent): string {
    return event.parts.length === 0 && splice ? '' : encoder.encode(tally.inSum(event));
  }

  const isExplained = wantsDebug(call) && framing.hasComments;
  const head = isExplained
    ? `: ${JSON.stringify({ ...debugOf(call), failed: reached.failed.map(toShown) })}\n\n`
    : '';

  /** What the next route has to say first; undefined where none goes on. */
  async function goOn(error: RouterError): Promise<string | undefined> {
    const { target: from, others } = reached;
    if (!splice?.canGoOn || others.length === 0 || NOT_FOR_OTHERS.has(error.code)) return undefined;
    const standing = standingOf(call);
    const used = standing.end(tally, 'cut', error);
    try {
      reached = await reached.again(others, 'continuation', (attempt) =>
        asking(splice.chatFor(chat, attempt.target, parts.formats))(attempt),
      );
    } catch {
      standing.restore();
      return undefined;
    }
    tally.next(used);
    // R13: never unseen.
    const remark = framing.hasComments ? remarkOf(from, reached.target, error) : '';
    return remark + framing.frame(write(splice.turn()) + encode(reached.answer.held));
  }

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
        const text = head + framing.frame(encode(reached.answer.held));
        if (text !== '') controller.enqueue(utf8.encode(text));
      },
      async pull(controller) {
        try {
          for (;;) {
            const { rest } = reached.answer;
            const events = rest === undefined ? undefined : await rest.read();
            const text = framing.frame(events === undefined ? encoder.end() : encode(events));
            if (events === undefined) return close(controller, text);
            if (text === '') continue;
            controller.enqueue(utf8.encode(text));
            return;
          }
        } catch (thrown) {
          const error = toRouterError(thrown);
          const more = await goOn(error);
          if (more !== undefined) return controller.enqueue(utf8.encode(more));
          close(controller, framing.frame(toText(format.encodeStreamError(error))), error);
        }
      },
      cancel() {
        const error = new RouterError('cancelled', 'The caller stopped reading.');
        live.abort(error);
        reached.answer.rest?.cancel();
        settle(error);
      },
    },
    // Nothing is read ahead: the upstream waits for the caller.
    { highWaterMark: 0 },
  );
  return streamAnswer(body, framing.contentType);
}

/** What no other route should mend. */
const NOT_FOR_OTHERS: ReadonlySet<string> = new Set(['cancelled', 'content_filter']);

const toText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
