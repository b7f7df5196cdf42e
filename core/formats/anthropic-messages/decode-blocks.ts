import type { Part } from '../chat.ts';
import { asObject, asText, toArguments, type JsonObject } from '../json.ts';
import { mark } from '../signature.ts';
import { decodeCitation } from './citation.ts';

interface BlockState {
  readonly kind: 'text' | 'reasoning' | 'tool';
  readonly block: number;
  /** A call's input as its start tells it: all of it for a block that has no deltas. */
  input: string;
  signature: string;
  hasDelta: boolean;
}

/** The content blocks of one answer. What the provider's own tools do is no block of ours. */
export function createBlocks() {
  const open = new Map<unknown, BlockState>();
  /** Blocks that were begun, also those that are none of ours. */
  const begun = new Set<unknown>();
  let blocks = 0;

  function start(raw: JsonObject, parts: Part[]): void {
    const wire = asObject(raw.content_block) ?? {};
    begun.add(raw.index);
    const block = blocks;
    const add = (kind: BlockState['kind'], input = '') => {
      blocks++;
      open.set(raw.index, { kind, block, input, signature: '', hasDelta: false });
    };
    switch (wire.type) {
      case 'text':
        add('text');
        parts.push({ type: 'text-start', block });
        if (asText(wire.text)) parts.push({ type: 'text-delta', block, text: wire.text as string });
        for (const citation of Array.isArray(wire.citations) ? wire.citations : [])
          parts.push({ type: 'citation', block, citation: decodeCitation(citation) });
        break;
      case 'thinking':
        add('reasoning');
        parts.push({ type: 'reasoning-start', block });
        if (asText(wire.thinking))
          parts.push({ type: 'reasoning-delta', block, text: wire.thinking as string });
        if (asText(wire.signature)) open.get(raw.index)!.signature = wire.signature as string;
        break;
      case 'redacted_thinking':
        blocks++;
        parts.push({ type: 'reasoning-start', block });
        parts.push({
          type: 'reasoning-end',
          block,
          redacted: mark('anthropic-messages', String(wire.data ?? '')),
        });
        break;
      case 'tool_use':
        add('tool', toArguments(wire.input ?? {}));
        parts.push({
          type: 'tool-input-start',
          block,
          id: String(wire.id ?? ''),
          name: String(wire.name ?? ''),
        });
        break;
    }
  }

  function delta(raw: JsonObject, parts: Part[]): void {
    const wire = asObject(raw.delta);
    beginUntold(raw.index, wire?.type, parts);
    const state = open.get(raw.index);
    if (state === undefined || wire === undefined) return;
    const { block } = state;
    switch (wire.type) {
      case 'text_delta':
        if (asText(wire.text)) parts.push({ type: 'text-delta', block, text: wire.text as string });
        break;
      case 'thinking_delta':
        if (asText(wire.thinking))
          parts.push({ type: 'reasoning-delta', block, text: wire.thinking as string });
        break;
      case 'signature_delta':
        state.signature += String(wire.signature ?? '');
        break;
      case 'input_json_delta':
        if (!asText(wire.partial_json)) break;
        state.hasDelta = true;
        parts.push({ type: 'tool-input-delta', block, json: wire.partial_json as string });
        break;
      case 'citations_delta':
        parts.push({ type: 'citation', block, citation: decodeCitation(wire.citation) });
        break;
    }
  }

  /** Some gateways leave out where a text or a thought begins. */
  function beginUntold(index: unknown, type: unknown, parts: Part[]): void {
    if (begun.has(index)) return;
    if (type === 'text_delta') start({ index, content_block: { type: 'text' } }, parts);
    if (type === 'thinking_delta') start({ index, content_block: { type: 'thinking' } }, parts);
  }

  function stop(raw: JsonObject, parts: Part[]): void {
    const state = open.get(raw.index);
    if (state === undefined) return;
    open.delete(raw.index);
    close(state, parts);
  }

  function close({ kind, block, input, signature, hasDelta }: BlockState, parts: Part[]): void {
    if (kind === 'text') parts.push({ type: 'text-end', block });
    else if (kind === 'reasoning')
      parts.push({
        type: 'reasoning-end',
        block,
        ...(signature !== '' && { signature: mark('anthropic-messages', signature) }),
      });
    else {
      if (!hasDelta) parts.push({ type: 'tool-input-delta', block, json: input });
      parts.push({ type: 'tool-input-end', block });
    }
  }

  return {
    start,
    delta,
    stop,
    /** Ends what the provider left open. */
    closeAll(parts: Part[]): void {
      for (const state of open.values()) close(state, parts);
      open.clear();
    },
  };
}
