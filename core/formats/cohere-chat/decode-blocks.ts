import type { Part } from '../chat.ts';
import { asCount, asObject, asText, toArguments, type JsonObject } from '../json.ts';
import { decodeCitation } from './citation.ts';

type Kind = 'text' | 'reasoning' | 'tool';

/**
 * The blocks of one answer. Content and tool calls are counted apart on the wire. The plan that some
 * models write before they call tools is their reasoning.
 */
export function createBlocks() {
  const open = new Map<string, { kind: Kind; block: number; hasInput: boolean }>();
  const contents: (number | undefined)[] = [];
  let blocks = 0;
  let lastText: number | undefined;

  function add(key: string, kind: Kind): number {
    const block = blocks++;
    open.set(key, { kind, block, hasInput: false });
    return block;
  }

  function close(key: string, parts: Part[]): void {
    const state = open.get(key);
    if (state === undefined) return;
    open.delete(key);
    const { kind, block } = state;
    if (kind === 'text') parts.push({ type: 'text-end', block });
    else if (kind === 'reasoning') parts.push({ type: 'reasoning-end', block });
    else {
      if (!state.hasInput) parts.push({ type: 'tool-input-delta', block, json: '{}' });
      parts.push({ type: 'tool-input-end', block });
    }
  }

  function addContent(index: unknown, wire: JsonObject | undefined, parts: Part[]): void {
    const key = `content ${String(index)}`;
    const thinks = wire?.thinking !== undefined || wire?.type === 'thinking';
    const kind = thinks ? 'reasoning' : 'text';
    let block = open.get(key)?.block;
    if (block === undefined) {
      block = add(key, kind);
      parts.push({ type: `${kind}-start`, block });
      if (kind === 'text') {
        lastText = block;
        contents[asCount(index) ?? 0] = block;
      }
    }
    const text = asText(thinks ? wire?.thinking : wire?.text);
    if (text !== undefined) parts.push({ type: `${kind}-delta`, block, text });
  }

  function addPlan(plan: unknown, parts: Part[]): void {
    const text = asText(plan);
    if (text === undefined) return;
    let block = open.get('plan')?.block;
    if (block === undefined) {
      block = add('plan', 'reasoning');
      parts.push({ type: 'reasoning-start', block });
    }
    parts.push({ type: 'reasoning-delta', block, text });
  }

  function addInput(index: unknown, wire: JsonObject | undefined, parts: Part[]): void {
    const state = open.get(`tool ${String(index)}`);
    const json = toArguments(asObject(wire?.function)?.arguments);
    if (state === undefined || json === '') return;
    state.hasInput = true;
    parts.push({ type: 'tool-input-delta', block: state.block, json });
  }

  function startTool(index: unknown, wire: JsonObject | undefined, parts: Part[]): void {
    close('plan', parts);
    const block = add(`tool ${String(index)}`, 'tool');
    const name = asText(asObject(wire?.function)?.name) ?? '';
    parts.push({ type: 'tool-input-start', block, id: String(wire?.id ?? ''), name });
    addInput(index, wire, parts);
  }

  function addCitation(value: unknown, parts: Part[]): void {
    const wire = asObject(value);
    const block = contents[asCount(wire?.content_index) ?? -1] ?? lastText;
    // A citation of the plan has no text to stand under.
    if (wire === undefined || block === undefined || wire.type === 'PLAN') return;
    parts.push({ type: 'citation', block, citation: decodeCitation(wire) });
  }

  return {
    addContent,
    addPlan,
    startTool,
    addInput,
    addCitation,
    endContent: (index: unknown, parts: Part[]) => close(`content ${String(index)}`, parts),
    endTool: (index: unknown, parts: Part[]) => close(`tool ${String(index)}`, parts),
    /** Ends what the provider left open. */
    closeAll(parts: Part[]): void {
      for (const key of [...open.keys()]) close(key, parts);
    },
  };
}
