import type { Part } from '../chat.ts';
import { asObject, asText, toArguments, type JsonObject } from '../json.ts';
import { mark } from '../signature.ts';
import { decodeAnnotation } from './citation.ts';

interface Thoughts {
  id: string | undefined;
  /** The summary's part that is being told, and its block. */
  part?: unknown;
  block?: number;
}

interface Call {
  block: number;
  hasDelta: boolean;
}

/** The output items of one answer, by their place. What the provider's own tools do is no item of ours. */
export function createItems() {
  const texts = new Map<string, number>();
  const thoughts = new Map<unknown, Thoughts>();
  const calls = new Map<unknown, Call>();
  /** Messages of which something was told before their end. */
  const told = new Set<unknown>();
  let blocks = 0;
  let hasCall = false;
  let hasRefusal = false;

  function added(raw: JsonObject, parts: Part[]): void {
    const item = asObject(raw.item);
    if (item?.type === 'reasoning') thoughts.set(raw.output_index, { id: asText(item.id) });
    if (item?.type !== 'function_call') return;
    hasCall = true;
    const block = blocks++;
    calls.set(raw.output_index, { block, hasDelta: false });
    const id = asText(item.call_id) ?? asText(item.id) ?? `call_${block}`;
    parts.push({ type: 'tool-input-start', block, id, name: String(item.name ?? '') });
  }

  function textDelta(raw: JsonObject, parts: Part[]): void {
    if (!asText(raw.delta)) return;
    parts.push({ type: 'text-delta', block: textBlock(raw, parts), text: raw.delta as string });
    const logprobs = raw.logprobs;
    if (Array.isArray(logprobs) && logprobs.length > 0)
      parts.push({ type: 'logprobs', content: logprobs });
  }

  function textBlock(raw: JsonObject, parts: Part[]): number {
    const key = keyOf(raw);
    told.add(raw.output_index);
    let block = texts.get(key);
    if (block === undefined) {
      block = blocks++;
      texts.set(key, block);
      parts.push({ type: 'text-start', block });
    }
    return block;
  }

  function annotation(raw: JsonObject, parts: Part[]): void {
    parts.push({
      type: 'citation',
      block: textBlock(raw, parts),
      citation: decodeAnnotation(raw.annotation),
    });
  }

  function partDone(raw: JsonObject, parts: Part[]): void {
    const block = texts.get(keyOf(raw));
    if (block === undefined) return;
    texts.delete(keyOf(raw));
    parts.push({ type: 'text-end', block });
  }

  function refusalDelta(raw: JsonObject, parts: Part[]): void {
    hasRefusal = true;
    told.add(raw.output_index);
    if (asText(raw.delta)) parts.push({ type: 'refusal-delta', text: raw.delta as string });
  }

  /** Each part of a summary is a thought of its own. */
  function thoughtDelta(raw: JsonObject, parts: Part[]): void {
    if (!asText(raw.delta)) return;
    const state = thoughts.get(raw.output_index) ?? { id: undefined };
    thoughts.set(raw.output_index, state);
    const place = `${String(raw.summary_index ?? '')}/${String(raw.content_index ?? '')}`;
    if (state.block === undefined || state.part !== place) {
      if (state.block !== undefined) parts.push({ type: 'reasoning-end', block: state.block });
      state.part = place;
      state.block = blocks++;
      parts.push({ type: 'reasoning-start', block: state.block, id: state.id });
    }
    parts.push({ type: 'reasoning-delta', block: state.block, text: raw.delta as string });
  }

  function callDelta(raw: JsonObject, parts: Part[]): void {
    const call = calls.get(raw.output_index);
    if (call === undefined || !asText(raw.delta)) return;
    call.hasDelta = true;
    parts.push({ type: 'tool-input-delta', block: call.block, json: raw.delta as string });
  }

  function done(raw: JsonObject, parts: Part[]): void {
    const item = asObject(raw.item);
    if (item !== undefined && isUntold(item, raw.output_index))
      return whole(item, raw.output_index, parts);
    if (item?.type === 'function_call') {
      if (!calls.has(raw.output_index)) added(raw, parts);
      const call = calls.get(raw.output_index)!;
      calls.delete(raw.output_index);
      const json = toArguments(item.arguments);
      if (!call.hasDelta && json !== '')
        parts.push({ type: 'tool-input-delta', block: call.block, json });
      parts.push({ type: 'tool-input-end', block: call.block });
    }
    if (item?.type === 'reasoning') thoughtDone(raw, item, parts);
  }

  /** True for words that come with the end of their item alone. */
  function isUntold(item: JsonObject, place: unknown): boolean {
    if (item.type === 'message')
      return !told.has(place) && listOf(item.content).some((part) => part?.text || part?.refusal);
    if (item.type !== 'reasoning' || thoughts.get(place)?.block !== undefined) return false;
    return [...listOf(item.summary), ...listOf(item.content)].some((part) => part?.text);
  }

  function thoughtDone(raw: JsonObject, item: JsonObject, parts: Part[]): void {
    const state = thoughts.get(raw.output_index);
    thoughts.delete(raw.output_index);
    const encrypted = asText(item.encrypted_content);
    const proof = encrypted === undefined ? {} : { redacted: mark('openai-responses', encrypted) };
    if (state?.block !== undefined) {
      parts.push({ type: 'reasoning-end', block: state.block, ...proof });
    } else if (encrypted !== undefined) {
      const block = blocks++;
      parts.push({ type: 'reasoning-start', block, id: asText(item.id) });
      parts.push({ type: 'reasoning-end', block, ...proof });
    }
  }

  /** One item that came whole, with no events before it. */
  function whole(item: JsonObject, output_index: unknown, parts: Part[]): void {
    if (item.type === 'reasoning') {
      thoughts.set(output_index, { id: asText(item.id) });
      [...listOf(item.summary), ...listOf(item.content)].forEach((part, summary_index) =>
        thoughtDelta({ output_index, summary_index, delta: part?.text }, parts),
      );
    }
    if (item.type === 'message')
      listOf(item.content).forEach((part, content_index) => {
        const at = { output_index, content_index };
        if (part?.type === 'refusal')
          return refusalDelta({ output_index, delta: part.refusal }, parts);
        textDelta({ ...at, delta: part?.text, logprobs: part?.logprobs }, parts);
        for (const value of Array.isArray(part?.annotations) ? part.annotations : [])
          annotation({ ...at, annotation: value }, parts);
        partDone(at, parts);
      });
    done({ output_index, item }, parts);
  }

  return {
    added,
    textDelta,
    annotation,
    partDone,
    refusalDelta,
    thoughtDelta,
    callDelta,
    done,
    whole,
    /** Ends what the provider left open. */
    closeAll(parts: Part[]): void {
      for (const { block } of thoughts.values())
        if (block !== undefined) parts.push({ type: 'reasoning-end', block });
      for (const block of texts.values()) parts.push({ type: 'text-end', block });
      for (const { block } of calls.values()) parts.push({ type: 'tool-input-end', block });
      thoughts.clear();
      texts.clear();
      calls.clear();
    },
    get any() {
      return blocks > 0 || hasRefusal;
    },
    get hasCall() {
      return hasCall;
    },
  };
}

function listOf(value: unknown): (JsonObject | undefined)[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

function keyOf(raw: JsonObject): string {
  return `${String(raw.output_index)}/${String(raw.content_index ?? 0)}`;
}
