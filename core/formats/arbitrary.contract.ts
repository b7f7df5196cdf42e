import fc from 'fast-check';
import type { CollectedAnswer, CollectedChoice } from '../streams/collect.ts';
import type {
  ChatEvent,
  ChatRequest,
  ContentPart,
  UpstreamFormatName,
  Message,
  Part,
  ToolCall,
  ToolDefinition,
} from './chat.ts';
import { mark } from './signature.ts';

/** What one format can say, so that the shared properties ask for no more. */
export interface Abilities {
  /** Roles before the talk begins. */
  systemRoles: readonly ('system' | 'developer')[];
  /** Optional fields of a request that come back as they went. */
  fields: readonly (keyof ChatRequest)[];
  /** Of these, what the target's wire can't do without. */
  required?: readonly (keyof ChatRequest)[];
  /** Kinds of content of a user's message. */
  media: readonly ('image' | 'image-url' | 'file' | 'audio')[];
  reasoning: { signature: boolean; redacted: boolean };
  /** An answer may hold several texts and any order of blocks; else one reasoning, one text, then calls. */
  orderedBlocks: boolean;
  /** Tool calls have ids of their own on the wire. */
  toolCallIds: boolean;
  choices: boolean;
  refusal: boolean;
  strictTools: boolean;
  /** Finish reasons that have a word of their own. */
  finishes: readonly ('stop' | 'length' | 'content-filter')[];
  usage: readonly ('cachedInput' | 'cacheWrite' | 'reasoning')[];
}

const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
  .map((text) => text.replaceAll('\r', ' '))
  .filter((text) => text.trim() !== '');
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/);
const callId = fc.stringMatching(/^call_[a-z0-9]{6,12}$/);
const json = fc
  .dictionary(name, fc.jsonValue(), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));
const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => btoa(String.fromCharCode(...bytes)));
const number = fc.integer({ min: 0, max: 10 }).map((n) => n / 10);

function media(kind: Abilities['media'][number]): fc.Arbitrary<ContentPart> {
  switch (kind) {
    case 'image':
      return base64.map((data) => ({
        type: 'image',
        source: { kind: 'base64', mediaType: 'image/png', data },
      }));
    case 'image-url':
      return name.map((path) => ({
        type: 'image',
        source: { kind: 'url', url: `https://pictures.example/${path}.png` },
      }));
    case 'file':
      return base64.map((data) => ({
        type: 'file',
        source: { kind: 'base64', mediaType: 'application/pdf', data },
      }));
    case 'audio':
      return base64.map((data) => ({
        type: 'audio',
        source: { kind: 'base64', mediaType: 'audio/wav', data },
        format: 'wav',
      }));
  }
}

const text: fc.Arbitrary<ContentPart> = words.map((value) => ({ type: 'text', text: value }));
const toolCall: fc.Arbitrary<ToolCall> = fc.record({
  type: fc.constant('tool-call' as const),
  id: callId,
  name,
  arguments: json,
});

function tool(abilities: Abilities): fc.Arbitrary<ToolDefinition> {
  return fc.record(
    {
      name,
      description: words,
      parameters: fc.constant({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      }),
      ...(abilities.strictTools && { strict: fc.boolean() }),
    },
    { requiredKeys: ['name', 'parameters'] },
  );
}

/** A talk: system messages first, then the user and the assistant in turn, calls answered at once. */
function messages(abilities: Abilities): fc.Arbitrary<Message[]> {
  const system = fc
    .tuple(fc.constantFrom(...abilities.systemRoles), words)
    .map(([role, value]): Message => ({ role, content: [{ type: 'text', text: value }] }));
  const user = fc
    .tuple(text, fc.array(fc.oneof(...abilities.media.map(media), text), { maxLength: 2 }))
    .map(([first, rest]): Message => ({ role: 'user', content: [first, ...rest] }));
  const turn = fc
    .tuple(text, fc.uniqueArray(toolCall, { maxLength: 2, selector: (call) => call.id }), words)
    .map(([said, calls, result]): Message[] => {
      const answers = calls.map((call) => ({
        type: 'tool-result' as const,
        callId: call.id,
        content: [{ type: 'text' as const, text: result }],
      }));
      const assistant: Message = { role: 'assistant', content: [said, ...calls] };
      return calls.length === 0
        ? [assistant]
        : [assistant, ...answers.map((answer): Message => ({ role: 'tool', content: [answer] }))];
    });
  return fc
    .tuple(fc.option(system), user, fc.array(fc.tuple(turn, user), { maxLength: 2 }))
    .map(([first, opening, turns]) => [
      ...(first === null ? [] : [first]),
      opening,
      ...turns.flatMap(([answer, next]) => [...answer, next]),
    ]);
}

/** A request of a caller of some other format, within what `abilities` names. */
export function requests(abilities: Abilities): fc.Arbitrary<ChatRequest> {
  const optional = {
    toolChoice: fc.oneof(
      fc.constantFrom('auto' as const, 'none' as const, 'required' as const),
      name.map((n) => ({ name: n })),
    ),
    parallelToolCalls: fc.boolean(),
    responseFormat: fc.constant({
      type: 'json-schema' as const,
      name: 'answer',
      schema: { type: 'object', properties: { n: { type: 'integer' } } },
      strict: true,
    }),
    maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: number,
    topP: number,
    topK: fc.integer({ min: 1, max: 100 }),
    stop: fc.array(words, { minLength: 1, maxLength: 3 }),
    seed: fc.integer({ min: 0, max: 1000 }),
    frequencyPenalty: number,
    presencePenalty: number,
    choices: fc.integer({ min: 2, max: 3 }),
    logprobs: fc.record({ top: fc.integer({ min: 0, max: 5 }) }),
    reasoning: fc.record({
      effort: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
    }),
    user: name,
  };
  const fields = Object.fromEntries(
    Object.entries(optional).filter(([field]) =>
      abilities.fields.includes(field as keyof ChatRequest),
    ),
  );
  return fc
    .record(
      {
        model: name,
        messages: messages(abilities),
        stream: fc.boolean(),
        tools: fc.uniqueArray(tool(abilities), {
          minLength: 1,
          maxLength: 2,
          selector: (t) => t.name,
        }),
        ...fields,
      },
      {
        requiredKeys: ['model', 'messages', 'stream', ...((abilities.required ?? []) as 'model'[])],
      },
    )
    .map((request) => {
      const chat = request as unknown as ChatRequest;
      chat.includeUsage = chat.stream;
      chat.raw = { format: 'bedrock-converse', body: {} };
      if (chat.tools === undefined) {
        delete chat.toolChoice;
        delete chat.parallelToolCalls;
      }
      return chat;
    });
}

function choice(abilities: Abilities, format: UpstreamFormatName): fc.Arbitrary<CollectedChoice> {
  const proof = base64.map((data) => mark(format, data));
  const { signature, redacted } = abilities.reasoning;
  const thought: fc.Arbitrary<ContentPart> = fc.record(
    {
      type: fc.constant('reasoning' as const),
      text: words,
      ...(signature && { signature: proof }),
    },
    { requiredKeys: ['type', 'text'] },
  );
  const hidden: fc.Arbitrary<ContentPart> = proof.map((data) => ({
    type: 'reasoning',
    text: '',
    redacted: data,
  }));
  const thoughts = fc.array(redacted ? fc.oneof(thought, hidden) : thought, { maxLength: 1 });
  const calls = fc.uniqueArray(toolCall, { maxLength: 3, selector: (call) => call.id });
  const refusal: fc.Arbitrary<ContentPart> = words.map((value) => ({
    type: 'refusal',
    text: value,
  }));
  return fc
    .tuple(
      thoughts,
      fc.array(text, { maxLength: 1 }),
      calls,
      fc.option(refusal),
      fc.constantFrom(...abilities.finishes),
    )
    .map(([reasoning, said, tools, refused, reason]): CollectedChoice => {
      const content = [...reasoning, ...said, ...tools];
      if (abilities.refusal && refused !== null && tools.length === 0) content.push(refused);
      if (content.length === 0) content.push({ type: 'text', text: 'yes' });
      const finish = tools.length > 0 && reason === 'stop' ? ('tool-calls' as const) : reason;
      return { content, finish: { reason: finish } };
    });
}

/** A whole answer, within what `abilities` names. */
export function answers(
  abilities: Abilities,
  format: UpstreamFormatName,
): fc.Arbitrary<CollectedAnswer> {
  const usage = fc
    .tuple(
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 0, max: 1 }),
    )
    .map(([input, output, detail]) => ({
      input: input + 2,
      output: output + 1,
      ...Object.fromEntries(detail === 0 ? [] : abilities.usage.map((field) => [field, 1])),
    }));
  return fc.record({
    id: callId,
    model: fc.constant('model-of-answer'),
    created: fc.constant(1_700_000_000),
    choices: fc.array(choice(abilities, format), {
      minLength: 1,
      maxLength: abilities.choices ? 2 : 1,
    }),
    usage,
  });
}

/** Parts of a whole answer -> events as a provider streams them: deltas cut small, one or two parts an event. */
export function toEvents(parts: readonly Part[], seed: number): ChatEvent[] {
  let state = seed | 1;
  const next = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % limit;
  };
  const small: Part[] = parts.flatMap((part): Part[] => {
    if (
      part.type === 'text-delta' ||
      part.type === 'reasoning-delta' ||
      part.type === 'refusal-delta'
    )
      return cut(part.text, next).map((piece) => ({ ...part, text: piece }));
    if (part.type === 'tool-input-delta')
      return cut(part.json, next).map((piece) => ({ ...part, json: piece }));
    return [part];
  });
  const events: ChatEvent[] = [];
  for (let i = 0; i < small.length;) {
    const size = 1 + next(2);
    events.push({ parts: small.slice(i, i + size) });
    i += size;
  }
  return events;
}

/** Never inside a surrogate pair: no provider's JSON text does that. */
function cut(value: string, next: (limit: number) => number): string[] {
  const characters = [...value];
  const pieces: string[] = [];
  for (let i = 0; i < characters.length;) {
    const size = 1 + next(6);
    pieces.push(characters.slice(i, i + size).join(''));
    i += size;
  }
  return pieces;
}
