import type { Part } from '../chat.ts';
import { asObject, asText, toArguments, type JsonObject } from '../json.ts';
import { mark } from '../signature.ts';
import { decodeCitation } from './citation.ts';

interface BlockState {
  readonly kind: 'text' | 'reasoning' | 'tool';
  readonly block: number;
  signature: string;
  redacted: string;
  hasInput: boolean;
}

/**
 * The content blocks of one answer. Text and reasoning begin with their first delta: only tools have
 * a start. Tools that the provider runs itself (`server_tool_use`), and their results, are none of ours.
 */
export function createBlocks() {
  const open = new Map<unknown, BlockState | null>();
  let blocks = 0;
  let hasToolCall = false;

  function add(index: unknown, kind: BlockState['kind']): BlockState {
    const state = { kind, block: blocks++, signature: '', redacted: '', hasInput: false };
    open.set(index, state);
    return state;
  }

  function startTool(index: unknown, wire: JsonObject, parts: Part[]): BlockState | null {
    if (asText(wire.type) === 'server_tool_use') {
      open.set(index, null);
      return null;
    }
    const state = add(index, 'tool');
    hasToolCall = true;
    parts.push({
      type: 'tool-input-start',
      block: state.block,
      id: String(wire.toolUseId ?? ''),
      name: String(wire.name ?? ''),
    });
    return state;
  }

  /** The block of a delta. One of another kind under the same index begins anew. */
  function at(index: unknown, kind: 'text' | 'reasoning', parts: Part[]): BlockState {
    const held = open.get(index);
    if (held?.kind === kind) return held;
    if (held) stop(index, parts);
    const state = add(index, kind);
    parts.push({ type: `${kind}-start`, block: state.block });
    return state;
  }

  function addText(index: unknown, text: unknown, parts: Part[]): void {
    const { block } = at(index, 'text', parts);
    if (asText(text)) parts.push({ type: 'text-delta', block, text: text as string });
  }

  function addReasoning(index: unknown, wire: JsonObject, parts: Part[]): void {
    const state = at(index, 'reasoning', parts);
    // Whole answers put text and signature one level deeper than deltas do.
    const told = asObject(wire.reasoningText) ?? wire;
    if (asText(told.text))
      parts.push({ type: 'reasoning-delta', block: state.block, text: told.text as string });
    state.signature += asText(told.signature) ?? '';
    state.redacted += asText(wire.redactedContent) ?? '';
  }

  function addCitation(index: unknown, citation: unknown, parts: Part[]): void {
    const { block } = at(index, 'text', parts);
    parts.push({ type: 'citation', block, citation: decodeCitation(citation) });
  }

  function start(index: unknown, wire: JsonObject | undefined, parts: Part[]): void {
    const tool = asObject(wire?.toolUse);
    if (tool !== undefined) startTool(index, tool, parts);
    else if (asObject(wire?.toolResult) !== undefined) open.set(index, null);
  }

  function delta(index: unknown, wire: JsonObject | undefined, parts: Part[]): void {
    if (wire === undefined || open.get(index) === null) return;
    if (wire.text !== undefined) addText(index, wire.text, parts);
    const reasoning = asObject(wire.reasoningContent);
    if (reasoning !== undefined) addReasoning(index, reasoning, parts);
    if (wire.citation !== undefined) addCitation(index, wire.citation, parts);
    const tool = asObject(wire.toolUse);
    const state = open.get(index);
    if (tool === undefined || !state) return;
    const json = toArguments(tool.input);
    if (json === '') return;
    state.hasInput = true;
    parts.push({ type: 'tool-input-delta', block: state.block, json });
  }

  function stop(index: unknown, parts: Part[]): void {
    const state = open.get(index);
    open.delete(index);
    if (!state) return;
    const { block, kind, signature, redacted } = state;
    if (kind === 'text') parts.push({ type: 'text-end', block });
    else if (kind === 'reasoning')
      parts.push({
        type: 'reasoning-end',
        block,
        ...(signature !== '' && { signature: mark('bedrock-converse', signature) }),
        ...(redacted !== '' && { redacted: mark('bedrock-converse', redacted) }),
      });
    else {
      if (!state.hasInput) parts.push({ type: 'tool-input-delta', block, json: '{}' });
      parts.push({ type: 'tool-input-end', block });
    }
  }

  return {
    start,
    delta,
    stop,
    /** One block of a whole answer. */
    whole(index: number, wire: JsonObject, parts: Part[]): void {
      start(index, wire, parts);
      const cited = asObject(wire.citationsContent);
      if (cited === undefined) delta(index, wire, parts);
      for (const piece of listOf(cited?.content)) addText(index, asObject(piece)?.text, parts);
      for (const citation of listOf(cited?.citations)) addCitation(index, citation, parts);
      stop(index, parts);
    },
    /** Ends what the provider left open. */
    closeAll(parts: Part[]): void {
      for (const index of [...open.keys()]) stop(index, parts);
    },
    get hasToolCall() {
      return hasToolCall;
    },
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
