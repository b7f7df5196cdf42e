import { RouterError, toRouterError } from '../errors.ts';
import type { ChatRequest, UpstreamFormatName } from '../formats/chat.ts';
import { estimateTokens } from '../formats/estimate-tokens.ts';
import { limitOutput } from '../formats/limit-output.ts';
import { formatOf, type Format } from '../formats/format.ts';
import { wantedBy } from '../middleware/reserve.ts';
import { toShown } from '../middleware/tried.ts';
import { onlySuitable } from '../middleware/suitable.ts';
import type { Provider } from '../providers/provider.ts';
import { ask, type TargetAnswer } from '../upstream/ask.ts';
import { jsonAnswer, withDropped } from './answer.ts';
import { readJsonObject } from './body.ts';
import { answerStream, type Answered } from './chat-stream.ts';
import { createSettle, dispatch, mayFallBack, standingOf, type TryTarget } from './dispatch.ts';
import { debugOf, wantsDebug } from './debug.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { askForCall, enforcementOf, isMet, readWhole, type Enforcement } from './enforced.ts';
import { toForwarded } from './forwarded-headers.ts';
import { SSE, type Framing } from './framing.ts';
import { takeRouting } from './routing-fields.ts';
import { createTally } from './tally.ts';

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
    const tally = createTally(chat);
    const settle = createSettle(call, parts, live, tally);
    try {
      const wanted = { model: chat.model || undefined, provider: routing.provider };
      const asked = { call, parts, format, chat, live, tally, settle, asAsked };
      const answered = await answerChat(asked, wanted);
      const answer = chat.stream
        ? answerStream(answered, framing(call))
        : answerWhole(answered, format);
      if (answered.enforced !== undefined) {
        answer.headers.set('x-gatehouse-tool-enforcement', answered.enforced);
        if (chat.stream) answer.headers.set('x-gatehouse-buffered', 'tool-enforcement');
      }
      return withDropped(answer, [...routing.ignored, ...answered.reached.answer.dropped]);
    } catch (thrown) {
      const error = toRouterError(thrown);
      settle(error);
      throw error;
    }
  };
}

/** Permission, resolve, and the first target that answers; with a tool call, where there must be one. */
async function answerChat(
  asked: Omit<Answered, 'reached' | 'asking' | 'context' | 'enforced' | 'isSpliced'> & {
    asAsked: (provider: Provider) => Provider;
  },
  wanted: { model: string | undefined; provider: string | undefined },
): Promise<Answered> {
  const { call, parts, chat, live, tally, asAsked } = asked;
  const forwarded = toForwarded(call.request.headers);
  let enforcement: Enforcement | undefined;
  const asking =
    (question: ChatRequest): TryTarget<TargetAnswer> =>
    async (attempt) => {
      const target = { ...attempt.target, provider: asAsked(attempt.target.provider) };
      const { formats } = parts;
      const answer = await ask({ ...attempt, target, chat: question, formats, forwarded });
      return enforcement === undefined ? answer : readWhole(answer);
    };
  /** How often it may be asked for at most, beside failures. */
  let most = 1;
  let reached = await dispatch(call, parts, live, 'chat', wanted, asking(chat), {
    async choose(targets, { toolEnforcement, hedgeAfterMs, continuePartial }) {
      enforcement = enforcementOf(call, chat, toolEnforcement, await parts.settings());
      most += (enforcement?.maxRetries ?? 0) + (hedgeAfterMs === undefined ? 0 : 1);
      const sorted = await onlySuitable(targets, chat, parts.catalogue);
      // Each that goes on with an answer is paid beside those that broke off.
      const goesOn = chat.stream && continuePartial && enforcement === undefined;
      if (goesOn && mayFallBack(call)) most += Math.max(sorted.targets.length - 1, 0);
      return sorted;
    },
    inputTokens: () => estimateTokens(chat),
    use: { wanted: () => wantedBy(chat, most), limitOutput: (room) => limitOutput(chat, room) },
  });

  let tries = 1;
  const mostTries = 1 + (enforcement?.maxRetries ?? 0);
  for (; tries < mostTries && !isMet(reached.answer.held); tries++) {
    const { held } = reached.answer;
    for (const event of held) tally.see(event);
    const standing = standingOf(call);
    const used = standing.end(tally, 'rejected', NO_CALL);
    const targets = [reached.target, ...reached.others];
    try {
      reached = await reached.again(targets, 'enforcement', asking(askForCall(chat, held)));
    } catch (error) {
      if (toRouterError(error).code === 'cancelled') throw error;
      // An answer without a call is better than none.
      standing.restore();
      break;
    }
    tally.next(used);
  }
  const state = enforcement && (isMet(reached.answer.held) ? 'met' : 'unmet');
  const isSpliced =
    reached.resolution.continuePartial === true &&
    enforcement === undefined &&
    reached.others.length > 0;
  const { format: askedIn } = asAsked(reached.target.provider);
  return {
    ...asked,
    reached,
    asking,
    isSpliced,
    ...(state && { enforced: `${state}; tries=${tries}` }),
    context: {
      id: `${ID_PREFIXES[chat.raw.format] ?? ''}${call.id}`,
      created: Math.floor(parts.ports.now() / 1000),
      model: reached.resolution.answerModel,
      includeUsage: chat.includeUsage,
      // What is put together of several answers is written anew.
      passThrough: askedIn === chat.raw.format && tries === 1 && !isSpliced,
    },
  };
}

const NO_CALL = new RouterError('bad_upstream', 'It answered without calling a tool.');

function answerWhole(
  { call, reached, context, tally, settle }: Answered,
  format: Format,
): Response {
  const event = reached.answer.held[0]!;
  tally.see(event);
  const body = format.encodeResponse(tally.inSum(event), context);
  settle();
  const shown = wantsDebug(call)
    ? { ...body, gatehouse: { ...debugOf(call), failed: reached.failed.map(toShown) } }
    : body;
  return jsonAnswer(shown);
}
