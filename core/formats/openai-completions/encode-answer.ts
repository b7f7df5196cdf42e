import type { RouterError } from '../../errors.ts';
import { collect } from '../../streams/collect.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { ChatEvent, FinishReason, Part, Usage } from '../chat.ts';
import { errorIn } from '../fault.ts';
import type { AnswerContext, StreamEncoder } from '../format.ts';
import { asCount, asObject, asText, type JsonObject } from '../json.ts';

const DONE = 'data: [DONE]\n\n';

/** The legacy names; a call of a tool was never asked for. */
const WIRE: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'stop',
  'content-filter': 'content_filter',
  error: 'stop',
  other: 'stop',
};

export function encodeError({ message, type, param, code }: RouterError): JsonObject {
  return { error: { message, type, param, code } };
}

export function streamError(error: RouterError): string {
  return encodeSse(JSON.stringify(encodeError(error)));
}

/** One whole event -> the caller's JSON answer. */
export function encodeResponse(event: ChatEvent, context: AnswerContext): JsonObject {
  const fault = errorIn(event);
  if (fault !== undefined) throw fault;
  if (context.passThrough && event.raw !== undefined) return named(event.raw, context);
  const answer = collect([event]);
  return {
    id: context.id,
    object: 'text_completion',
    created: answer.created ?? context.created,
    model: context.model,
    choices: answer.choices.map(({ content, finish, logprobs }, index) => ({
      text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      index,
      logprobs: logprobs === undefined ? null : encodeLogprobs(logprobs),
      finish_reason: WIRE[finish?.reason ?? 'stop'],
    })),
    ...(answer.usage !== undefined && { usage: encodeUsage(answer.usage) }),
  };
}

/** Events -> a completions stream. What came in this format goes out as it came. */
export function createEncoder(context: AnswerContext): StreamEncoder {
  let usage: Usage | undefined;
  let usageTold = false;
  let failed = false;

  const chunk = (choices: JsonObject[], rest: JsonObject = {}) =>
    encodeSse(
      JSON.stringify({
        id: context.id,
        object: 'text_completion',
        created: context.created,
        model: context.model,
        choices,
        ...rest,
      }),
    );

  function encodePart(part: Part): string {
    const index = 'choice' in part ? (part.choice ?? 0) : 0;
    if (part.type === 'text-delta')
      return chunk([{ text: part.text, index, logprobs: null, finish_reason: null }]);
    if (part.type === 'logprobs') {
      const logprobs = encodeLogprobs(part.content);
      return chunk([{ text: '', index, logprobs, finish_reason: null }]);
    }
    if (part.type === 'finish')
      return chunk([{ text: '', index, logprobs: null, finish_reason: WIRE[part.reason] }]);
    return '';
  }

  return {
    encode(event) {
      if (failed) return '';
      const fault = errorIn(event);
      if (fault !== undefined) {
        failed = true;
        return streamError(fault);
      }
      for (const part of event.parts) {
        if (part.type === 'usage') usage = { ...usage, ...part.usage };
      }
      const raw = context.passThrough && !event.whole ? event.raw : undefined;
      if (raw === undefined) return event.parts.map(encodePart).join('');
      const onlyUsage = Array.isArray(raw.choices) && raw.choices.length === 0;
      if (!context.includeUsage) delete raw.usage;
      else if (asObject(raw.usage) !== undefined) usageTold = true;
      if (onlyUsage && !context.includeUsage) return '';
      return encodeSse(JSON.stringify(named(raw, context)));
    },
    end() {
      if (failed) return '';
      const tell = context.includeUsage && !usageTold && usage !== undefined;
      return (tell ? chunk([], { usage: encodeUsage(usage!) }) : '') + DONE;
    },
  };
}

function named(raw: JsonObject, context: AnswerContext): JsonObject {
  raw.id = asText(raw.id) ?? context.id;
  raw.object = 'text_completion';
  raw.created = asCount(raw.created) || context.created;
  raw.model = context.model;
  return raw;
}

function encodeUsage({ input, output }: Usage): JsonObject {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

/** A chat's list of tokens -> the four lists of old. */
function encodeLogprobs(content: readonly unknown[]): JsonObject {
  const rows = content.map((row) => asObject(row) ?? {});
  let offset = 0;
  return {
    tokens: rows.map(({ token }) => token),
    token_logprobs: rows.map(({ logprob }) => logprob),
    top_logprobs: rows.map(({ top_logprobs: top }) =>
      Object.fromEntries(
        (Array.isArray(top) ? top : []).map((each) => {
          const { token, logprob } = asObject(each) ?? {};
          return [String(token), logprob];
        }),
      ),
    ),
    text_offset: rows.map(({ token }) => {
      const at = offset;
      offset += String(token).length;
      return at;
    }),
  };
}
