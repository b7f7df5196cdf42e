import { createLikeWriter } from '../../streams/like-writer.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { ChatEvent, Part, Usage } from '../chat.ts';
import { errorIn } from '../fault.ts';
import type { AnswerContext, StreamEncoder } from '../format.ts';
import { type JsonObject, asObject } from '../json.ts';
import { toUrl } from '../media.ts';
import { unmark } from '../signature.ts';
import { encodeCitation } from './citation.ts';
import { googleSignature } from './encode-request.ts';
import { streamError } from './errors.ts';
import { encodeFinish } from './finish.ts';
import { encodeUsage } from './usage.ts';

const DONE = 'data: [DONE]\n\n';

/** Events -> a chat stream. What came in this format goes out as it came, but for what we promise. */
export function createEncoder(context: AnswerContext): StreamEncoder {
  let id: string | undefined;
  let created: number | undefined;
  /** What is the same in every chunk of ours, as JSON text without its last brace. */
  let head = '';
  const roleTold: boolean[] = [];
  const toolIndexes: Map<number, number>[] = [];
  let usage: Usage | undefined;
  let rawUsage: unknown;
  let usageTold = false;
  let finishTold = false;
  let failed = false;
  const passOn = createLikeWriter(encodeRaw);

  function encode(event: ChatEvent): string {
    if (failed) return '';
    const fault = errorIn(event);
    if (fault !== undefined) {
      failed = true;
      return streamError(fault);
    }
    for (const part of event.parts) {
      if (part.type === 'usage') usage = { ...usage, ...part.usage };
    }
    return (context.passThrough ? passOn(event) : undefined) ?? encodeParts(event.parts);
  }

  function encodeRaw(raw: JsonObject): string {
    id ??= typeof raw.id === 'string' && raw.id !== '' ? raw.id : context.id;
    created ??=
      typeof raw.created === 'number' && raw.created > 0
        ? Math.floor(raw.created)
        : context.created;
    raw.id = id;
    raw.object = 'chat.completion.chunk';
    raw.created = created;
    raw.model = context.model;
    const choices = raw.choices as JsonObject[];
    for (const choice of choices) {
      const index = choice.index as number;
      if (!roleTold[index]) {
        roleTold[index] = true;
        (choice.delta as JsonObject).role = 'assistant';
      }
      if (typeof choice.finish_reason === 'string') finishTold = true;
      else choice.finish_reason ??= null;
    }
    const told = asObject(raw.usage);
    if (told !== undefined) rawUsage = told;
    if (!context.includeUsage) delete raw.usage;
    else if (choices.length === 0 && told !== undefined && finishTold && !usageTold)
      usageTold = true;
    else raw.usage = null;
    // A chunk that holds nothing but usage is for those who asked for it.
    if (told !== undefined && choices.length === 0 && !usageTold) return '';
    return encodeSse(JSON.stringify(raw));
  }

  function encodeParts(parts: readonly Part[]): string {
    let text = '';
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      if (part.type === 'start') {
        id ??= part.id;
        created ??= part.created;
        text += role(0);
        continue;
      }
      const delta = toDelta(part, parts);
      const choice = 'choice' in part ? (part.choice ?? 0) : 0;
      if (part.type === 'finish') {
        finishTold = true;
        text += role(choice) + chunk(choice, '{}', JSON.stringify(encodeFinish(part.reason)));
      } else if (part.type === 'logprobs') {
        const logprobs = JSON.stringify({ content: part.content, refusal: null });
        text += role(choice) + chunk(choice, '{}', 'null', logprobs);
      } else if (delta !== undefined) {
        text += role(choice) + chunk(choice, delta, 'null');
      }
    }
    return text;
  }

  /** The first chunk of a choice tells its role. */
  function role(choice: number): string {
    if (roleTold[choice]) return '';
    roleTold[choice] = true;
    return chunk(choice, '{"role":"assistant","content":""}', 'null');
  }

  function chunk(choice: number, delta: string, finish: string, logprobs = 'null'): string {
    if (head === '') {
      id ??= context.id;
      created ??= context.created;
      const common = { id, object: 'chat.completion.chunk', created, model: context.model };
      head = `data: ${JSON.stringify(common).slice(0, -1)}`;
    }
    const tail = context.includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
    return `${head},"choices":[{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}${tail}`;
  }

  /** One part as the JSON text of a delta. */
  function toDelta(part: Part, parts: readonly Part[]): string | undefined {
    switch (part.type) {
      case 'text-delta':
        return `{"content":${JSON.stringify(part.text)}}`;
      case 'refusal-delta':
        return `{"refusal":${JSON.stringify(part.text)}}`;
      case 'reasoning-delta':
        return `{"reasoning_content":${JSON.stringify(part.text)}}`;
      case 'reasoning-end':
        return reasoningEnd(part);
      case 'tool-input-start': {
        const indexes = (toolIndexes[part.choice ?? 0] ??= new Map());
        const index = indexes.size;
        indexes.set(part.block, index);
        const signature = parts.find(
          (other) =>
            other.type === 'tool-input-end' &&
            other.block === part.block &&
            other.choice === part.choice,
        ) as Extract<Part, { type: 'tool-input-end' }> | undefined;
        return JSON.stringify({
          tool_calls: [
            {
              index,
              id: part.id,
              type: 'function',
              function: { name: part.name, arguments: '' },
              ...googleSignature(signature?.signature),
            },
          ],
        });
      }
      case 'tool-input-delta': {
        const index = toolIndexes[part.choice ?? 0]?.get(part.block) ?? 0;
        return `{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(part.json)}}}]}`;
      }
      case 'tool-input-end': {
        const began = parts.some(
          (other) => other.type === 'tool-input-start' && other.block === part.block,
        );
        if (part.signature === undefined || began) return undefined;
        const index = toolIndexes[part.choice ?? 0]?.get(part.block) ?? 0;
        return JSON.stringify({
          tool_calls: [{ index, function: { arguments: '' }, ...googleSignature(part.signature) }],
        });
      }
      case 'citation': {
        const annotation = encodeCitation(part.citation);
        return annotation === undefined ? undefined : JSON.stringify({ annotations: [annotation] });
      }
      case 'image':
        return JSON.stringify({
          images: [{ type: 'image_url', image_url: { url: toUrl(part.source) } }],
        });
      case 'audio':
        return JSON.stringify({ audio: part.audio });
      default:
        return undefined;
    }
  }

  function end(): string {
    if (failed) return '';
    const total = rawUsage ?? (usage === undefined ? undefined : encodeUsage(usage));
    if (!context.includeUsage || usageTold || total === undefined) return DONE;
    const last = {
      id: id ?? context.id,
      object: 'chat.completion.chunk',
      created: created ?? context.created,
      model: context.model,
      choices: [],
      usage: total,
    };
    return encodeSse(JSON.stringify(last)) + DONE;
  }

  return { encode, end };
}

function reasoningEnd(part: Extract<Part, { type: 'reasoning-end' }>): string | undefined {
  const details: JsonObject[] = [];
  if (part.signature !== undefined)
    details.push({
      type: 'reasoning.text',
      signature: unmark('openai-chat', part.signature),
      index: part.block,
    });
  if (part.redacted !== undefined)
    details.push({
      type: 'reasoning.encrypted',
      data: unmark('openai-chat', part.redacted),
      index: part.block,
    });
  return details.length === 0 ? undefined : JSON.stringify({ reasoning_details: details });
}
