import { createLikeWriter } from '../../streams/like-writer.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { ChatEvent, Citation, FinishReason, Part, ToolCall, Usage } from '../chat.ts';
import { errorIn } from '../fault.ts';
import type { AnswerContext, StreamEncoder } from '../format.ts';
import { asText, type JsonObject } from '../json.ts';
import { encodeGrounding } from './citation.ts';
import { streamError } from './errors.ts';
import { encodeFinish } from './finish.ts';
import { encodePart, encodeThought } from './response.ts';
import { encodeUsage } from './usage.ts';

/** Events -> a `streamGenerateContent` answer with `alt=sse`. What came in this format goes out as it came. */
export function createEncoder(context: AnswerContext): StreamEncoder {
  let id: string | undefined;
  let usage: Usage | undefined;
  let failed = false;
  /** The end of each chunk of words. */
  let tail: string | undefined;
  let passed = false;
  /** Calls that are not whole yet: here a call is one part. */
  const calls = new Map<string, ToolCall>();
  const finishes = new Map<number, FinishReason>();
  const citations = new Map<number, Citation[]>();
  const passOn = createLikeWriter(encodeRaw);

  function encode(event: ChatEvent): string {
    if (failed) return '';
    const fault = errorIn(event);
    if (fault !== undefined) {
      failed = true;
      return streamError(fault);
    }
    return (context.passThrough ? passOn(event) : undefined) ?? event.parts.map(encodeOne).join('');
  }

  function encodeRaw(raw: JsonObject): string {
    passed = true;
    raw.modelVersion = context.model;
    raw.responseId = asText(raw.responseId) ?? context.id;
    return encodeSse(JSON.stringify(raw));
  }

  function encodeOne(part: Part): string {
    const choice = 'choice' in part ? (part.choice ?? 0) : 0;
    switch (part.type) {
      case 'start':
        id ??= part.id;
        return '';
      case 'usage':
        usage = { ...usage, ...part.usage };
        return '';
      case 'text-delta':
        return words(choice, part.text, '');
      case 'refusal-delta':
        finishes.set(choice, 'content-filter');
        return chunk(choice, [{ text: part.text }]);
      case 'reasoning-delta':
        return words(choice, part.text, ',"thought":true');
      case 'reasoning-end':
        return chunk(choice, encodeThought('', part.signature ?? part.redacted).map(asThought));
      case 'tool-input-start':
        calls.set(`${choice} ${part.block}`, {
          type: 'tool-call',
          id: part.id,
          name: part.name,
          arguments: '',
        });
        return '';
      case 'tool-input-delta': {
        const call = calls.get(`${choice} ${part.block}`);
        if (call !== undefined) call.arguments += part.json;
        return '';
      }
      case 'tool-input-end': {
        const call = calls.get(`${choice} ${part.block}`);
        if (call === undefined) return '';
        return chunk(
          choice,
          encodePart({
            ...call,
            ...(part.signature !== undefined && { signature: part.signature }),
          }),
        );
      }
      case 'citation':
        citations.set(choice, [...(citations.get(choice) ?? []), part.citation]);
        return '';
      case 'image':
        return chunk(choice, encodePart({ type: 'image', source: part.source }));
      case 'finish':
        if (!finishes.has(choice)) finishes.set(choice, part.reason);
        return '';
      default:
        return '';
    }
  }

  /** As `chunk` does, without building an object for each word. */
  function words(index: number, text: string, rest: string): string {
    tail ??= `,"modelVersion":${JSON.stringify(context.model)},"responseId":${JSON.stringify(id ?? context.id)}}\n\n`;
    return `data: {"candidates":[{"content":{"parts":[{"text":${JSON.stringify(text)}${rest}}],"role":"model"},"index":${index}}]${tail}`;
  }

  function chunk(index: number, parts: readonly JsonObject[]): string {
    if (parts.length === 0) return '';
    return send({ candidates: [{ content: { parts, role: 'model' }, index }] });
  }

  function send(body: JsonObject): string {
    return encodeSse(
      JSON.stringify({ ...body, modelVersion: context.model, responseId: id ?? context.id }),
    );
  }

  /** The finish comes last, with all that was counted. */
  function end(): string {
    if (failed || (passed && finishes.size === 0)) return '';
    const candidates = [...finishes].map(([index, reason]) => {
      const groundingMetadata = encodeGrounding(citations.get(index) ?? []);
      return {
        content: { parts: [{ text: '' }], role: 'model' },
        finishReason: encodeFinish(reason),
        index,
        ...(groundingMetadata !== undefined && { groundingMetadata }),
      };
    });
    return send({ candidates, ...(usage !== undefined && { usageMetadata: encodeUsage(usage) }) });
  }

  return { encode, end };
}

/** The proof of a thought that was told in pieces stands on a last, empty piece of it. */
function asThought(part: JsonObject): JsonObject {
  return { ...part, thought: true };
}
