import type { Part } from '../chat.ts';
import { asCount, asObject, asText, type JsonObject } from '../json.ts';
import { mark } from '../signature.ts';
import { toCallId } from './call-ids.ts';
import { decodeGrounding } from './citation.ts';
import { decodeFinish, toWord } from './finish.ts';

/** One of an answer's `candidates`, from its first chunk to its finish. */
export interface Candidate {
  decode(wire: JsonObject, parts: Part[]): void;
  /** Ends it where Google names no finish, as in a whole answer of some gateways. */
  close(parts: Part[]): void;
  readonly finished: boolean;
}

/** `scope` makes the ids of calls differ from one answer to the next. */
export function createCandidate(index: number, scope: string): Candidate {
  const at = index === 0 ? undefined : index;
  let blocks = 0;
  let calls = 0;
  let open: { type: 'text' | 'reasoning'; block: number; signature?: string } | undefined;
  let finished = false;
  let cited = 0;
  /** The block that sources are told of. */
  let lastText: number | undefined;

  function decode(wire: JsonObject, parts: Part[]): void {
    const content = asObject(wire.content);
    if (Array.isArray(content?.parts))
      for (const part of content.parts.map(asObject))
        if (part !== undefined) decodePart(part, parts);
    decodeExtras(wire, parts);
    const word = toWord(wire.finishReason);
    if (word !== undefined && !finished) decodeFinishReason(word, wire, parts);
  }

  function decodePart(part: JsonObject, parts: Part[]): void {
    const signature = asText(part.thoughtSignature);
    const call = asObject(part.functionCall);
    if (call !== undefined) decodeCall(call, signature, parts);
    else if (typeof part.text === 'string') decodeText(part, signature, parts);
    else if (part.inlineData !== undefined) decodeMedia(asObject(part.inlineData)!, parts);
  }

  function decodeText(part: JsonObject, signature: string | undefined, parts: Part[]): void {
    const type = part.thought === true ? 'reasoning' : 'text';
    const text = part.text as string;
    if (text !== '') {
      if (open?.type !== type) openBlock(type, parts);
      parts.push({ type: `${type}-delta`, block: open!.block, choice: at, text });
    }
    if (signature === undefined) return;
    if (open?.type !== type) openBlock(type, parts);
    open!.signature = mark('google-generate-content', signature);
  }

  function decodeCall(call: JsonObject, signature: string | undefined, parts: Part[]): void {
    closeBlock(parts);
    const block = blocks++;
    const id = asText(call.id) ?? toCallId(scope, calls);
    calls++;
    parts.push({ type: 'tool-input-start', block, choice: at, id, name: String(call.name ?? '') });
    parts.push({
      type: 'tool-input-delta',
      block,
      choice: at,
      json: JSON.stringify(call.args ?? {}),
    });
    parts.push({
      type: 'tool-input-end',
      block,
      choice: at,
      ...(signature !== undefined && { signature: mark('google-generate-content', signature) }),
    });
  }

  function decodeMedia(wire: JsonObject, parts: Part[]): void {
    const mediaType = asText(wire.mimeType) ?? 'application/octet-stream';
    const data = String(wire.data ?? '');
    if (mediaType.startsWith('audio/'))
      parts.push({ type: 'audio', choice: at, audio: { data, format: mediaType } });
    else parts.push({ type: 'image', choice: at, source: { kind: 'base64', mediaType, data } });
  }

  function openBlock(type: 'text' | 'reasoning', parts: Part[]): void {
    closeBlock(parts);
    open = { type, block: blocks++ };
    if (type === 'text') lastText = open.block;
    parts.push({ type: `${type}-start`, block: open.block, choice: at });
  }

  function closeBlock(parts: Part[]): void {
    if (open === undefined) return;
    const { type, block, signature } = open;
    open = undefined;
    const proof = signature === undefined ? {} : { signature };
    if (type === 'reasoning') {
      parts.push({ type: 'reasoning-end', block, choice: at, ...proof });
      return;
    }
    parts.push({ type: 'text-end', block, choice: at });
    if (signature === undefined) return;
    // The proof of an answer's text is a thought without words, after it.
    const thought = blocks++;
    parts.push({ type: 'reasoning-start', block: thought, choice: at });
    parts.push({ type: 'reasoning-end', block: thought, choice: at, ...proof });
  }

  function decodeExtras(wire: JsonObject, parts: Part[]): void {
    const citations = decodeGrounding(wire.groundingMetadata);
    // Each chunk tells all sources so far.
    if (lastText !== undefined)
      for (const citation of citations.slice(cited))
        parts.push({ type: 'citation', block: lastText, choice: at, citation });
    cited = Math.max(cited, citations.length);
    const logprobs = decodeLogprobs(wire.logprobsResult);
    if (logprobs.length > 0) parts.push({ type: 'logprobs', choice: at, content: logprobs });
  }

  function decodeFinishReason(word: string, wire: JsonObject, parts: Part[]): void {
    const reason = decodeFinish(word, calls > 0);
    if (reason === 'error') {
      const message =
        asText(wire.finishMessage) ?? `The model's tool call was malformed (${word}).`;
      parts.push({ type: 'error', error: { message, code: word } });
      return;
    }
    finished = true;
    closeBlock(parts);
    parts.push({ type: 'finish', choice: at, reason, raw: word });
  }

  return {
    decode,
    close(parts) {
      if (finished) return;
      finished = true;
      closeBlock(parts);
      parts.push({ type: 'finish', choice: at, reason: calls > 0 ? 'tool-calls' : 'stop' });
    },
    get finished() {
      return finished;
    },
  };
}

/** `logprobsResult` in OpenAI's shape, the one that callers read. */
function decodeLogprobs(value: unknown): unknown[] {
  const wire = asObject(value);
  const chosen = Array.isArray(wire?.chosenCandidates) ? wire.chosenCandidates.map(asObject) : [];
  const top = Array.isArray(wire?.topCandidates) ? wire.topCandidates.map(asObject) : [];
  const toEntry = (entry: JsonObject | undefined) => ({
    token: String(entry?.token ?? ''),
    logprob: asCount(entry?.logProbability) ?? 0,
    bytes: null,
  });
  return chosen.map((entry, place) => {
    const others = top[place]?.candidates;
    return {
      ...toEntry(entry),
      top_logprobs: Array.isArray(others) ? others.map((other) => toEntry(asObject(other))) : [],
    };
  });
}
