import { createLikeWriter } from '../../streams/like-writer.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { ChatEvent, FinishReason, Part, Usage } from '../chat.ts';
import { errorIn } from '../fault.ts';
import type { AnswerContext, StreamEncoder } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { unmark } from '../signature.ts';
import { encodeCitation } from './citation.ts';
import { streamError } from './errors.ts';
import { encodeFinish } from './finish.ts';
import { encodeCarrier } from './response.ts';
import { encodeUsage } from './usage.ts';

/** Events -> a messages stream. What came in this format goes out as it came. */
export function createEncoder(context: AnswerContext): StreamEncoder {
  let started = false;
  let stopped = false;
  let failed = false;
  let usage: Usage | undefined;
  let finish: { reason: FinishReason; stopSequence?: string } | undefined;
  /** The wire's index of the block that is open now; blocks here come one after the other. */
  let index = -1;
  let open: number | undefined;
  /** Parts of blocks that began before the open one ended. */
  const waiting: Part[] = [];
  let refusing = false;
  /** A thought began, and no more is known of it. */
  let pendingThought = false;
  /** Proofs of tool calls, by block. */
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

  function encodeRaw(raw: JsonObject, name: string | undefined): string {
    if (raw.type === 'message_start') {
      const message = asObject(raw.message);
      if (message !== undefined) {
        message.model = context.model;
        message.id = asText(message.id) ?? context.id;
      }
      started = true;
    }
    if (raw.type === 'message_stop') stopped = true;
    return encodeSse(JSON.stringify(raw), name);
  }

  function encodeParts(parts: readonly Part[]): string {
    let text = '';
    for (const part of parts)
      if (part.type === 'tool-input-end' && part.signature !== undefined)
        signatures.set(part.block, part.signature);
    for (const part of parts) text += encodePart(part);
    return text;
  }

  function encodePart(part: Part): string {
    if ('choice' in part && part.choice !== undefined && part.choice !== 0) return '';
    switch (part.type) {
      case 'start':
        return start(part.id);
      case 'usage':
        usage = { ...usage, ...part.usage };
        return '';
      case 'finish':
        finish = {
          reason: part.reason,
          ...(part.stopSequence && { stopSequence: part.stopSequence }),
        };
        return '';
      case 'refusal-delta':
        return refusal(part.text);
      case 'image':
      case 'audio':
      case 'logprobs':
      case 'error':
        return '';
      default:
        return encodeBlockPart(part);
    }
  }

  function start(id?: string): string {
    if (started) return '';
    started = true;
    const message = {
      id: id ?? context.id,
      type: 'message',
      role: 'assistant',
      model: context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: encodeUsage(usage),
    };
    return send({ type: 'message_start', message });
  }

  function encodeBlockPart(part: Extract<Part, { block: number }>): string {
    if (open !== undefined && part.block !== open) {
      waiting.push(part);
      return '';
    }
    let text = start();
    switch (part.type) {
      case 'text-start':
        return text + begin(part.block, { type: 'text', text: '' });
      case 'reasoning-start':
        // What it is, thinking or a redacted block, its next part tells.
        open = part.block;
        pendingThought = true;
        return text;
      case 'tool-input-start':
        text += carrier(signatures.get(part.block));
        return (
          text + begin(part.block, { type: 'tool_use', id: part.id, name: part.name, input: {} })
        );
      case 'text-delta':
        return text + words('text_delta","text', part.text);
      case 'reasoning-delta':
        return text + thought() + words('thinking_delta","thinking', part.text);
      case 'tool-input-delta':
        return text + words('input_json_delta","partial_json', part.json);
      case 'citation': {
        const citation = encodeCitation(part.citation);
        return citation === undefined || open === undefined
          ? text
          : text + delta({ type: 'citations_delta', citation });
      }
      case 'reasoning-end':
        if (part.signature !== undefined)
          text +=
            thought() +
            delta({
              type: 'signature_delta',
              signature: unmark('anthropic-messages', part.signature),
            });
        if (part.redacted !== undefined) text += redacted(part.redacted);
        return text + stop();
      case 'text-end':
      case 'tool-input-end':
        return text + stop();
    }
  }

  function thought(): string {
    if (!pendingThought) return '';
    pendingThought = false;
    index++;
    return send({
      type: 'content_block_start',
      index,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    });
  }

  /** A redacted block stands alone, after the readable thought where there is one. */
  function redacted(data: string): string {
    let text = '';
    if (!pendingThought) text += send({ type: 'content_block_stop', index });
    pendingThought = false;
    index++;
    const content_block = { type: 'redacted_thinking', data: unmark('anthropic-messages', data) };
    return text + send({ type: 'content_block_start', index, content_block });
  }

  function begin(block: number, content_block: JsonObject): string {
    let text = '';
    open = block;
    index++;
    text += send({ type: 'content_block_start', index, content_block });
    return text;
  }

  function carrier(signature: string | undefined): string {
    const [thinking] = encodeCarrier(signature);
    if (thinking === undefined) return '';
    const text = begin(-1, { ...thinking, signature: '' });
    return text + delta({ type: 'signature_delta', signature: thinking.signature }) + stop();
  }

  /** As `delta` does, without building an object for each word. */
  function words(typeAndKey: string, value: string): string {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${typeAndKey}":${JSON.stringify(value)}}}\n\n`;
  }

  function delta(value: JsonObject): string {
    return send({ type: 'content_block_delta', index, delta: value });
  }

  /** Ends the open block and tells what waited for that. */
  function stop(): string {
    open = undefined;
    let text = pendingThought ? '' : send({ type: 'content_block_stop', index });
    pendingThought = false;
    for (const part of waiting.splice(0)) text += encodePart(part);
    return text;
  }

  /** A refusal is text here, and its stop reason tells what it is. */
  function refusal(words: string): string {
    let text = start();
    if (!refusing) {
      refusing = true;
      if (open !== undefined) text += stop();
      text += begin(-1, { type: 'text', text: '' });
    }
    return text + delta({ type: 'text_delta', text: words });
  }

  function end(): string {
    if (failed || stopped) return '';
    if (context.passThrough && finish === undefined) return send({ type: 'message_stop' });
    let text = start();
    if (open !== undefined) text += stop();
    const { reason = 'stop', stopSequence } = finish ?? {};
    const stop_reason = encodeFinish(refusing ? 'content-filter' : reason, stopSequence);
    text += send({
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: stopSequence ?? null },
      usage: encodeUsage(usage),
    });
    return text + send({ type: 'message_stop' });
  }

  return { encode, end };
}

function send(event: JsonObject): string {
  return encodeSse(JSON.stringify(event), event.type as string);
}
