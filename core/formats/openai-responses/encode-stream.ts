import { createLikeWriter } from '../../streams/like-writer.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { ChatEvent, FinishReason, Part, ReasoningContent, ToolCall, Usage } from '../chat.ts';
import { errorIn } from '../fault.ts';
import type { AnswerContext, StreamEncoder } from '../format.ts';
import { asObject, type JsonObject } from '../json.ts';
import { encodeAnnotation } from './citation.ts';
import { addThought, toCall, toCarrier, toMessage, toOutputText } from './encode-items.ts';
import { streamError } from './errors.ts';
import { toEnding, toShell } from './response.ts';
import { encodeUsage } from './usage.ts';

/** An output item that is being told. */
interface Item {
  readonly index: number;
  readonly id: string;
  readonly content: TextContent | RefusalContent | ReasoningContent | ToolCall;
  logprobs: unknown[];
  begun: boolean;
  /** The start of its deltas, which are many, as far as it never changes. */
  head?: string;
}
type TextContent = {
  type: 'text';
  text: string;
  citations?: Extract<Part, { type: 'citation' }>['citation'][];
};
type RefusalContent = { type: 'refusal'; text: string };

/** Events -> a responses stream, with all the events that its SDKs read. */
export function createEncoder(context: AnswerContext): StreamEncoder {
  let id = '';
  let created = 0;
  let sequence = 0;
  let failed = false;
  let completed = false;
  let usage: Usage | undefined;
  let finish: FinishReason | undefined;
  const open = new Map<number, Item>();
  const output: JsonObject[] = [];
  let items = 0;
  /** Proofs of calls, by block: they are told before the call. */
  const signatures = new Map<number, string>();
  const passOn = createLikeWriter(encodeRaw);

  function encode(event: ChatEvent): string {
    if (failed) return '';
    const fault = errorIn(event);
    if (fault !== undefined) {
      failed = true;
      return streamError(fault);
    }
    return (context.passThrough ? passOn(event) : undefined) ?? encodeParts(event.parts);
  }

  function encodeParts(parts: readonly Part[]): string {
    let text = '';
    for (const part of parts)
      if (part.type === 'tool-input-end' && part.signature !== undefined)
        signatures.set(part.block, part.signature);
    for (const part of parts) text += encodePart(part);
    return text;
  }

  function encodeRaw(raw: JsonObject, name: string | undefined): string {
    const response = asObject(raw.response);
    if (response !== undefined) response.model = context.model;
    if (raw.type === 'response.completed' || raw.type === 'response.incomplete') completed = true;
    return encodeSse(JSON.stringify(raw), name);
  }

  function send(type: string, fields: JsonObject): string {
    return encodeSse(JSON.stringify({ type, sequence_number: sequence++, ...fields }), type);
  }

  /** As `send` does, without building an object for each word. */
  function sendDelta(
    item: Item,
    kind: string,
    place: string | undefined,
    delta: string,
    rest = '',
  ): string {
    const type = `response.${kind}.delta`;
    item.head ??= `,"item_id":${JSON.stringify(item.id)},"output_index":${item.index}${place === undefined ? '' : `,"${place}":0`},"delta":`;
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence++}${item.head}${JSON.stringify(delta)}${rest}}\n\n`;
  }

  function begin(part?: Extract<Part, { type: 'start' }>): string {
    if (id !== '') return '';
    id = part?.id ?? context.id;
    created = part?.created ?? context.created;
    const response = toShell(id, created, context.model);
    return send('response.created', { response }) + send('response.in_progress', { response });
  }

  function encodePart(part: Part): string {
    if ('choice' in part && part.choice !== undefined && part.choice !== 0) return '';
    switch (part.type) {
      case 'start':
        return begin(part);
      case 'usage':
        usage = { ...usage, ...part.usage };
        return '';
      case 'finish':
        finish ??= part.reason;
        return '';
      case 'text-start':
        return begin() + openItem(part.block, 'msg', { type: 'text', text: '' });
      case 'text-delta':
        return begin() + textDelta(part.block, part.text);
      case 'refusal-delta':
        return begin() + refusalDelta(part.text);
      case 'citation':
        return citation(part);
      case 'logprobs':
        for (const item of open.values())
          if (item.content.type === 'text') item.logprobs.push(...part.content);
        return '';
      case 'reasoning-start':
        return begin() + openItem(part.block, 'rs', { type: 'reasoning', text: '', id: part.id });
      case 'reasoning-delta':
        return thoughtDelta(part.block, part.text);
      case 'reasoning-end': {
        const item = open.get(part.block);
        if (item?.content.type === 'reasoning')
          Object.assign(item.content, { signature: part.signature, redacted: part.redacted });
        return closeItem(part.block);
      }
      case 'tool-input-start':
        return (
          begin() +
          carrier(part) +
          openItem(part.block, 'fc', {
            type: 'tool-call',
            id: part.id,
            name: part.name,
            arguments: '',
          })
        );
      case 'tool-input-delta':
        return callDelta(part.block, part.json);
      case 'text-end':
      case 'tool-input-end':
        return closeItem(part.block);
      default:
        return '';
    }
  }

  function openItem(block: number, kind: string, content: Item['content']): string {
    const given = content.type === 'reasoning' ? content.id : undefined;
    const index = items++;
    const item: Item = {
      index,
      id: given ?? `${kind}_${id}_${index}`,
      content,
      logprobs: [],
      begun: false,
    };
    open.set(block, item);
    let text = send('response.output_item.added', { output_index: index, item: toOpening(item) });
    if (content.type === 'text' || content.type === 'refusal') text += addPart(item);
    return text;
  }

  function toOpening(item: Item): JsonObject {
    if (item.content.type === 'reasoning') return { id: item.id, type: 'reasoning', summary: [] };
    if (item.content.type === 'tool-call') return toCall(item.id, item.content, 'in_progress');
    return toMessage(item.id, 'in_progress', []);
  }

  function addPart(item: Item): string {
    const part =
      item.content.type === 'refusal'
        ? { type: 'refusal', refusal: '' }
        : toOutputText({ type: 'text', text: '' });
    return send('response.content_part.added', { ...at(item), content_index: 0, part });
  }

  function at(item: Item): JsonObject {
    return { item_id: item.id, output_index: item.index };
  }

  function textDelta(block: number, delta: string): string {
    let text = '';
    if (!open.has(block)) text += openItem(block, 'msg', { type: 'text', text: '' });
    const item = open.get(block)!;
    if (item.content.type === 'text') item.content.text += delta;
    return text + sendDelta(item, 'output_text', 'content_index', delta, ',"logprobs":[]');
  }

  /** A refusal has no block of its own: -1 is its place. */
  function refusalDelta(delta: string): string {
    let text = '';
    if (!open.has(-1)) text += openItem(-1, 'msg', { type: 'refusal', text: '' });
    const item = open.get(-1)!;
    if (item.content.type === 'refusal') item.content.text += delta;
    return text + sendDelta(item, 'refusal', 'content_index', delta);
  }

  function citation(part: Extract<Part, { type: 'citation' }>): string {
    const item = open.get(part.block);
    const annotation = encodeAnnotation(part.citation);
    if (item?.content.type !== 'text' || annotation === undefined) return '';
    const citations = (item.content.citations ??= []);
    citations.push(part.citation);
    return send('response.output_text.annotation.added', {
      ...at(item),
      content_index: 0,
      annotation_index: citations.length - 1,
      annotation,
    });
  }

  function thoughtDelta(block: number, delta: string): string {
    const item = open.get(block);
    if (item?.content.type !== 'reasoning') return '';
    item.content.text += delta;
    let text = '';
    if (!item.begun) {
      item.begun = true;
      const part = { type: 'summary_text', text: '' };
      text += send('response.reasoning_summary_part.added', {
        ...at(item),
        summary_index: 0,
        part,
      });
    }
    return text + sendDelta(item, 'reasoning_summary_text', 'summary_index', delta);
  }

  function callDelta(block: number, delta: string): string {
    const item = open.get(block);
    if (item?.content.type !== 'tool-call') return '';
    item.content.arguments += delta;
    return sendDelta(item, 'function_call_arguments', undefined, delta);
  }

  function carrier(part: Extract<Part, { type: 'tool-input-start' }>): string {
    const signature = signatures.get(part.block);
    const call: ToolCall = {
      type: 'tool-call',
      id: part.id,
      name: part.name,
      arguments: '',
      signature,
    };
    return toCarrier(`rs_${id}_${items}`, call)
      .map((item) => {
        const place = { output_index: items++, item };
        output[place.output_index] = item;
        return send('response.output_item.added', place) + send('response.output_item.done', place);
      })
      .join('');
  }

  function closeItem(block: number): string {
    const item = open.get(block);
    if (item === undefined) return '';
    open.delete(block);
    const { content } = item;
    let text = '';
    let whole: JsonObject;
    switch (content.type) {
      case 'text': {
        const part = toOutputText(content, item.logprobs);
        const place = { ...at(item), content_index: 0 };
        text += send('response.output_text.done', {
          ...place,
          text: content.text,
          logprobs: item.logprobs,
        });
        text += send('response.content_part.done', { ...place, part });
        whole = toMessage(item.id, 'completed', [part]);
        break;
      }
      case 'refusal': {
        const part = { type: 'refusal', refusal: content.text };
        const place = { ...at(item), content_index: 0 };
        text += send('response.refusal.done', { ...place, refusal: content.text });
        text += send('response.content_part.done', { ...place, part });
        whole = toMessage(item.id, 'completed', [part]);
        break;
      }
      case 'reasoning': {
        const place = { ...at(item), summary_index: 0 };
        if (item.begun) {
          text += send('response.reasoning_summary_text.done', { ...place, text: content.text });
          const part = { type: 'summary_text', text: content.text };
          text += send('response.reasoning_summary_part.done', { ...place, part });
        }
        whole = addThought({ id: item.id, type: 'reasoning', summary: [] }, content);
        break;
      }
      case 'tool-call':
        text += send('response.function_call_arguments.done', {
          ...at(item),
          name: content.name,
          arguments: content.arguments,
        });
        whole = toCall(item.id, content, 'completed');
    }
    output[item.index] = whole;
    return text + send('response.output_item.done', { output_index: item.index, item: whole });
  }

  function end(): string {
    if (failed || completed) return '';
    let text = begin();
    for (const block of [...open.keys()]) text += closeItem(block);
    const ending = toEnding(finish ?? 'stop');
    const response = {
      ...toShell(id, created, context.model),
      ...ending,
      output: output.filter((item) => item !== undefined),
      usage: encodeUsage(usage),
    };
    return text + send(`response.${ending.status as string}`, { response });
  }

  return { encode, end };
}
