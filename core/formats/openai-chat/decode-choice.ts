import type { Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import { type JsonObject, asObject, toArguments } from '../json.ts';
import { fromUrl } from '../media.ts';
import { mark } from '../signature.ts';
import { decodeCitation } from './citation.ts';
import { textOfThinking } from './decode-request.ts';
import { decodeFinish, repairFinish } from './finish.ts';

/** One of a stream's `choices`, from its first delta to its finish. */
export interface Choice {
  /** Reads one chunk of it, repairs it in place, and adds what it means to `parts`. */
  decode(wire: JsonObject, parts: Part[]): void;
  /** A delta that is like the one before it came by another way. */
  continue(part: Part): void;
  /** Ends it where the provider names no finish. */
  close(parts: Part[], word?: unknown): void;
  readonly finished: boolean;
  readonly hasContent: boolean;
}

interface ToolState {
  readonly block: number;
  /** Its place among the tool calls that we tell the caller. */
  readonly index: number;
  id: string;
  name: string;
  /** All of its arguments so far. */
  arguments: string;
  signature: string | undefined;
  started: boolean;
  ended: boolean;
}

export function createChoice(index: number): Choice {
  const at = index === 0 ? undefined : index;
  const tools: ToolState[] = [];
  /** The provider's index -> the call that its fragments belong to now. */
  const toolAt = new Map<number, ToolState>();
  let blocks = 0;
  let open: { type: 'text' | 'reasoning'; block: number } | undefined;
  let signature: string | undefined;
  let finished = false;
  let hasContent = false;
  /** Tool calls came as OpenAI sends them: then `stop` beside them is meant. */
  let isCompatible = true;

  function decode(wire: JsonObject, parts: Part[]): void {
    if (wire.error) {
      parts.push({ type: 'error', error: faultOf(wire)! });
      return;
    }
    const delta = deltaOf(wire);
    // The reasoning that a chunk holds comes before its text, and its tool calls after both.
    decodeReasoning(delta, parts);
    decodeContent(delta, parts);
    if (delta.tool_calls !== undefined && delta.tool_calls !== null) decodeToolCalls(delta, parts);
    if (delta.function_call) decodeFunctionCall(delta, parts);
    decodeExtras(wire, delta, parts);
    if (typeof wire.finish_reason === 'string') decodeFinishReason(wire, wire.finish_reason, parts);
  }

  /** Most have `delta`; some have the `message` or the `text` of another endpoint in its place. */
  function deltaOf(wire: JsonObject): JsonObject {
    const delta = asObject(wire.delta);
    if (delta !== undefined) return delta;
    const substitute = hasContent
      ? {}
      : (asObject(wire.message) ?? (typeof wire.text === 'string' ? { content: wire.text } : {}));
    wire.delta = substitute;
    return substitute;
  }

  function decodeContent(delta: JsonObject, parts: Part[]): void {
    const { content } = delta;
    if (typeof content === 'string') {
      if (content !== '') text(content, parts);
    } else if (Array.isArray(content)) {
      decodeContentList(content, delta, parts);
    } else if (typeof content === 'object' && content !== null) {
      // Workers AI parses the JSON that it was asked for.
      delta.content = JSON.stringify(content);
      text(delta.content as string, parts);
    }
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      hasContent = true;
      parts.push({ type: 'refusal-delta', choice: at, text: delta.refusal });
    }
  }

  /** Mistral's `[{type: "thinking", …}, {type: "text", …}]`: a client of this dialect reads text. */
  function decodeContentList(list: readonly unknown[], delta: JsonObject, parts: Part[]): void {
    let content = '';
    let thinking = '';
    for (const piece of list.map(asObject)) {
      if (piece?.type === 'thinking') {
        const thought = textOfThinking(piece.thinking);
        if (thought !== '') reasoning(thought, parts);
        thinking += thought;
      } else if (typeof piece?.text === 'string') {
        if (piece.text !== '') text(piece.text, parts);
        content += piece.text;
      }
    }
    delta.content = content;
    if (thinking !== '') delta.reasoning_content = thinking;
  }

  function decodeReasoning(delta: JsonObject, parts: Part[]): void {
    let told = false;
    for (const value of [delta.reasoning_content, delta.reasoning, delta.reasoning_text]) {
      if (typeof value !== 'string' || value === '' || told) continue;
      told = true;
      reasoning(value, parts);
    }
    if (!Array.isArray(delta.reasoning_details)) return;
    for (const detail of delta.reasoning_details.map(asObject)) {
      if (detail === undefined) continue;
      const words = detail.text ?? detail.summary;
      if (!told && typeof words === 'string' && words !== '') reasoning(words, parts);
      if (typeof detail.signature === 'string' && detail.signature !== '') {
        if (open?.type !== 'reasoning') openBlock('reasoning', parts);
        signature = mark('openai-chat', detail.signature);
      }
      if (typeof detail.data === 'string' && detail.data !== '') {
        closeBlock(parts);
        const block = blocks++;
        hasContent = true;
        const id = typeof detail.id === 'string' ? detail.id : undefined;
        parts.push({ type: 'reasoning-start', block, choice: at, id });
        parts.push({
          type: 'reasoning-end',
          block,
          choice: at,
          redacted: mark('openai-chat', detail.data),
        });
      }
    }
  }

  function text(words: string, parts: Part[]): void {
    hasContent = true;
    if (open?.type !== 'text') openBlock('text', parts);
    parts.push({ type: 'text-delta', block: open!.block, choice: at, text: words });
  }

  function reasoning(words: string, parts: Part[]): void {
    hasContent = true;
    if (open?.type !== 'reasoning') openBlock('reasoning', parts);
    parts.push({ type: 'reasoning-delta', block: open!.block, choice: at, text: words });
  }

  function openBlock(type: 'text' | 'reasoning', parts: Part[]): void {
    closeBlock(parts);
    open = { type, block: blocks++ };
    parts.push({ type: `${type}-start`, block: open.block, choice: at });
  }

  function closeBlock(parts: Part[]): void {
    if (open === undefined) return;
    if (open.type === 'text') parts.push({ type: 'text-end', block: open.block, choice: at });
    else parts.push({ type: 'reasoning-end', block: open.block, choice: at, signature });
    signature = undefined;
    open = undefined;
  }

  function decodeToolCalls(delta: JsonObject, parts: Part[]): void {
    if (!Array.isArray(delta.tool_calls)) return;
    const repaired: JsonObject[] = [];
    for (const [position, value] of delta.tool_calls.entries()) {
      const fragment = asObject(value);
      const call = asObject(fragment?.function);
      if (fragment === undefined) continue;
      if (call === undefined && asObject(fragment.custom) !== undefined) {
        // A custom tool's call: only this format has them, and its client reads it as it is.
        hasContent = true;
        repaired.push(fragment);
        continue;
      }
      const json = toArguments(call?.arguments);
      const tool = toolOf(fragment, call, position);
      repairFragment(fragment, call, tool, json);
      repaired.push(fragment);
      const held = tool.arguments;
      tool.arguments += json;
      const thought = asObject(asObject(fragment.extra_content)?.google)?.thought_signature;
      if (typeof thought === 'string') tool.signature = mark('google-generate-content', thought);
      if (!tool.started && tool.name !== '') {
        closeBlock(parts);
        endTools(parts, tool);
        tool.started = true;
        hasContent = true;
        parts.push({
          type: 'tool-input-start',
          block: tool.block,
          choice: at,
          id: tool.id,
          name: tool.name,
        });
        if (held !== '')
          parts.push({ type: 'tool-input-delta', block: tool.block, choice: at, json: held });
      }
      if (tool.started && json !== '')
        parts.push({ type: 'tool-input-delta', block: tool.block, choice: at, json });
    }
    delta.tool_calls = repaired;
  }

  /** The call that a fragment belongs to: a new one where it has an id and a name of its own. */
  function toolOf(fragment: JsonObject, call: JsonObject | undefined, position: number): ToolState {
    const id = typeof fragment.id === 'string' && fragment.id !== 'null' ? fragment.id : '';
    const name = typeof call?.name === 'string' ? call.name : '';
    const hasIndex = typeof fragment.index === 'number';
    if (!hasIndex) isCompatible = false;
    const wireIndex = hasIndex ? (fragment.index as number) : undefined;
    const last = tools.at(-1);
    const held = wireIndex === undefined ? findUnindexed(id, name, last) : toolAt.get(wireIndex);
    const isOther =
      held !== undefined && id !== '' && held.id !== id && name !== '' && held.name !== '';
    if (held !== undefined && !isOther) {
      if (held.name === '') held.name = name;
      return held;
    }
    if (isOther) isCompatible = false;
    const tool: ToolState = {
      block: blocks++,
      index: tools.length,
      id: id === '' ? `call_${crypto.randomUUID().replaceAll('-', '')}` : id,
      name,
      arguments: '',
      signature: undefined,
      started: false,
      ended: false,
    };
    tools.push(tool);
    toolAt.set(wireIndex ?? position, tool);
    return tool;
  }

  function findUnindexed(
    id: string,
    name: string,
    last: ToolState | undefined,
  ): ToolState | undefined {
    if (id !== '') return tools.find((tool) => tool.id === id) ?? (name === '' ? last : undefined);
    return name === '' ? last : undefined;
  }

  /** The first fragment alone names the call; each has our index and text as arguments. */
  function repairFragment(
    fragment: JsonObject,
    call: JsonObject | undefined,
    tool: ToolState,
    json: string,
  ): void {
    fragment.index = tool.index;
    if (call === undefined) fragment.function = { arguments: json };
    else call.arguments = json;
    if (!tool.started) {
      fragment.id = tool.id;
      fragment.type = 'function';
      return;
    }
    delete fragment.id;
    delete fragment.type;
    if (call !== undefined) delete call.name;
  }

  /**
   * A call is over when another begins and its arguments are whole; where they are not, the provider
   * mixes the fragments of several calls, and it stays open.
   */
  function endTools(parts: Part[], except?: ToolState): void {
    for (const tool of tools) {
      if (tool === except || tool.ended || !tool.started) continue;
      if (except !== undefined && !isWhole(tool.arguments)) continue;
      tool.ended = true;
      parts.push({
        type: 'tool-input-end',
        block: tool.block,
        choice: at,
        signature: tool.signature,
      });
    }
  }

  /** The form that `tools` replaced: one call, without an id. */
  function decodeFunctionCall(delta: JsonObject, parts: Part[]): void {
    const call = asObject(delta.function_call);
    if (call === undefined) return;
    const name = typeof call.name === 'string' ? call.name : '';
    const json = toArguments(call.arguments);
    let tool = toolAt.get(-1);
    if (tool === undefined) {
      if (name === '') return;
      closeBlock(parts);
      hasContent = true;
      const block = blocks++;
      tool = {
        block,
        index: tools.length,
        id: `call_function_${block}`,
        name,
        arguments: '',
        signature: undefined,
        started: true,
        ended: false,
      };
      tools.push(tool);
      toolAt.set(-1, tool);
      parts.push({ type: 'tool-input-start', block, choice: at, id: tool.id, name });
    }
    tool.arguments += json;
    if (json !== '') parts.push({ type: 'tool-input-delta', block: tool.block, choice: at, json });
  }

  function decodeExtras(wire: JsonObject, delta: JsonObject, parts: Part[]): void {
    if (Array.isArray(delta.annotations))
      for (const annotation of delta.annotations) {
        const citation = decodeCitation(annotation);
        const block = open?.block ?? Math.max(0, blocks - 1);
        parts.push({ type: 'citation', block, choice: at, citation });
      }
    if (Array.isArray(delta.images))
      for (const image of delta.images.map(asObject)) {
        const url = asObject(image?.image_url)?.url;
        if (typeof url !== 'string') continue;
        hasContent = true;
        parts.push({ type: 'image', choice: at, source: fromUrl(url) });
      }
    const audio = asObject(delta.audio);
    if (audio !== undefined && (audio.id || audio.data || audio.transcript)) {
      hasContent = true;
      parts.push({ type: 'audio', choice: at, audio });
    }
    const logprobs = asObject(wire.logprobs)?.content;
    if (Array.isArray(logprobs) && logprobs.length > 0)
      parts.push({ type: 'logprobs', choice: at, content: logprobs });
  }

  function decodeFinishReason(wire: JsonObject, word: string, parts: Part[]): void {
    if (word === '') {
      // Some write '' for null in every chunk: the end is told by [DONE] then.
      wire.finish_reason = null;
      return;
    }
    const reason = decodeFinish(word, tools.length > 0);
    if (reason === 'error') {
      const native =
        typeof wire.native_finish_reason === 'string' ? ` (${wire.native_finish_reason})` : '';
      const message = `The provider ended its answer with an error${native}.`;
      parts.push({ type: 'error', error: { message, code: word } });
      return;
    }
    wire.finish_reason = repairFinish(word, reason, isCompatible || reason !== 'tool-calls');
    const isFirst = !finished;
    closeAll(parts);
    if (isFirst) parts.push({ type: 'finish', choice: at, reason, raw: word });
  }

  function closeAll(parts: Part[]): void {
    finished = true;
    closeBlock(parts);
    endTools(parts);
  }

  return {
    decode,
    continue(part) {
      if (part.type !== 'tool-input-delta') return;
      const tool = tools.find(({ block }) => block === part.block);
      if (tool !== undefined) tool.arguments += part.json;
    },
    close(parts, word) {
      closeAll(parts);
      const raw = typeof word === 'string' && word !== '' ? word : undefined;
      const reason = decodeFinish(raw ?? '', tools.length > 0);
      parts.push({ type: 'finish', choice: at, reason, ...(raw !== undefined && { raw }) });
    },
    get finished() {
      return finished;
    },
    get hasContent() {
      return hasContent;
    },
  };
}

function isWhole(json: string): boolean {
  if (json === '') return false;
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}
