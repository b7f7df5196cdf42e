import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { ChatRequest, ContentPart } from './chat.ts';
import type { Format, FormatTarget } from './format.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';
import { createScore, hasRecordings, recordingsOf, type Recording } from './testing/recordings.ts';

type Field = keyof ChatRequest;

/** What each dialect can say beside messages and tools: what two of them can say comes through. */
// prettier-ignore
const SAYABLE: readonly (readonly [Field, ...string[]])[] = [
  ['toolChoice',        'openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate'],
  ['parallelToolCalls', 'openai-chat', 'openai-responses', 'anthropic-messages'],
  ['responseFormat',    'openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate'],
  ['maxOutputTokens',   'openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate'],
  ['temperature',       'openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate'],
  ['topP',              'openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate'],
  ['topK',              'openai-chat',                     'anthropic-messages', 'google-generate'],
  ['stop',              'openai-chat',                     'anthropic-messages', 'google-generate'],
  ['seed',              'openai-chat',                                           'google-generate'],
  ['frequencyPenalty',  'openai-chat',                                           'google-generate'],
  ['presencePenalty',   'openai-chat',                                           'google-generate'],
  ['choices',           'openai-chat',                                           'google-generate'],
  ['logprobs',          'openai-chat', 'openai-responses',                       'google-generate'],
  ['reasoning',         'openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate'],
  ['user',              'openai-chat', 'openai-responses', 'anthropic-messages'],
];

interface Says {
  readonly api: string;
  readonly format: Format;
  readonly model: string;
  readonly fields: readonly Field[];
  /** Efforts; else budgets of tokens. */
  readonly efforts: boolean;
}

const saying = (api: string, format: Format, model: string, efforts: boolean): Says => ({
  api,
  format,
  model,
  fields: SAYABLE.filter(([, ...apis]) => apis.includes(api)).map(([field]) => field),
  efforts,
});

const SAYS: readonly Says[] = [
  saying('openai-chat', openaiChat, 'gpt-5-mini', true),
  saying('openai-responses', openaiResponses, 'gpt-5-mini', true),
  saying('anthropic-messages', anthropicMessages, 'claude-sonnet-4-5', false),
  saying('google-generate', googleGenerateContent, 'gemini-2.5-flash', false),
];

/** Bodies that no dialect can be sent, and why. Those that their own provider refused are not looked at. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'openai/responses-documentinput-o4-mini-2025-04-16-539421': 'its source did not keep the input',
  'openai/responses-image-documentinput-o4-mini-2025-04-16-7eb46f':
    'its source did not keep the input',
};

/** By what names a caller is told that a field was dropped. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  reasoning: ['reasoning', 'thinking'],
  responseFormat: [
    'response_format',
    'text',
    'responseMimeType',
    'responseSchema',
    'output_config',
  ],
  temperature: ['temperature'],
  topP: ['top_p', 'topP'],
  topK: ['top_k', 'topK'],
  toolChoice: ['tool_choice', 'toolConfig'],
};

function targetOf({ format, model }: Says): FormatTarget {
  return {
    provider: {
      id: 'test',
      name: 'Test',
      format: format.name,
      baseUrl: 'https://api.test/v1',
      auth: { scheme: 'none' },
    },
    model,
  };
}

/** The request as a target of the dialect is sent it, read again. */
function through(chat: ChatRequest, dialect: Says, dropped: string[]): ChatRequest {
  const { body, dropped: names } = dialect.format.encodeRequest(chat, targetOf(dialect));
  dropped.push(...names);
  const back = dialect.format.decodeRequest(JSON.parse(JSON.stringify(body)));
  return { ...back, stream: chat.stream, includeUsage: chat.includeUsage };
}

/** As plain values in order: what was said, by whom. System words are told apart: some dialects say them first. */
function talkOf(chat: ChatRequest): object {
  const names = new Map<string, string>();
  const system: string[] = [];
  const turns: (readonly [who: string, what: unknown])[] = [];
  const add = (who: string, what: unknown) => {
    const last = turns.at(-1);
    if (typeof what === 'string' && last?.[0] === who && typeof last[1] === 'string')
      turns[turns.length - 1] = [who, last[1] + what];
    else if (what !== '') turns.push([who, what]);
  };
  const textOf = (content: readonly ContentPart[]) =>
    content.map((part) => ('text' in part ? part.text : '')).join('');
  for (const { role, content } of chat.messages) {
    if (role === 'system' || role === 'developer') {
      system.push(textOf(content));
      continue;
    }
    for (const part of content)
      switch (part.type) {
        case 'text':
        case 'refusal':
          add(role, plain(part.text));
          break;
        case 'tool-call':
          names.set(part.id, part.name);
          add(role, { call: part.name, with: parsed(part.arguments) });
          break;
        case 'tool-result':
          add('user', {
            result: names.get(part.callId) ?? part.name,
            text: plain(textOf(part.content)),
          });
          for (const inner of part.content) addMedia(inner);
          break;
        default:
          addMedia(part);
      }
  }
  function addMedia(part: ContentPart): void {
    if (!('source' in part)) return;
    const { source } = part;
    add('user', { media: source.kind === 'base64' ? source.data : Object.values(source)[1] });
  }
  return { system: plain(system.join('')), turns: inOrderOfChat(turns) };
}

/** Chat tells a turn's words before its calls, and results before other words. */
function inOrderOfChat(turns: readonly (readonly [who: string, what: unknown])[]): object[] {
  const ordered: { who: string; words: string; rest: unknown[] }[] = [];
  for (const [who, what] of turns) {
    let turn = ordered.at(-1);
    if (turn?.who !== who) ordered.push((turn = { who, words: '', rest: [] }));
    if (typeof what === 'string') turn.words += what;
    else turn.rest.push(what);
  }
  return ordered;
}

/** Line breaks between pieces are not the same everywhere. */
function plain(text: string): string {
  return text.replace(/\s+/g, '');
}

/** Arguments that are no object are wrapped, or left out, where there must be one. */
function parsed(json: string): unknown {
  try {
    const value = JSON.parse(json || '{}') as unknown;
    if (value === null) return {};
    return typeof value !== 'object' || Array.isArray(value) ? { value } : value;
  } catch {
    return json;
  }
}

function settingsOf(chat: ChatRequest, both: readonly Says[], exact: boolean): object {
  const told: Record<string, unknown> = {};
  for (const field of both[0]!.fields)
    if (both.every(({ fields }) => fields.includes(field))) told[field] = chat[field];
  const { reasoning, responseFormat } = chat;
  if (reasoning !== undefined) {
    const { effort, budgetTokens, enabled } = reasoning;
    if ([effort, budgetTokens, enabled].every((value) => value === undefined))
      delete told.reasoning;
    else if (!exact) told.reasoning = enabled !== false && effort !== 'none' && budgetTokens !== 0;
    else told.reasoning = effort;
  }
  if (responseFormat?.type === 'json-schema')
    told.responseFormat = Object.keys(responseFormat.schema.properties ?? {});
  if (responseFormat?.type === 'text') delete told.responseFormat;
  if (told.toolChoice === 'auto' || chat.tools === undefined) delete told.toolChoice;
  if (chat.tools === undefined || chat.toolChoice === 'none' || told.parallelToolCalls === true)
    delete told.parallelToolCalls;
  return told;
}

function toolsOf({ tools = [] }: ChatRequest): object[] {
  return tools.map(({ name, description, parameters }) => ({
    name,
    description: description ?? '',
    parameters: Object.keys(parameters?.properties ?? {}),
  }));
}

function checkPair(
  recording: Recording,
  own: Says,
  other: Says,
  refused: Map<string, number>,
): void {
  const body = JSON.parse(JSON.stringify(recording.request)) as Record<string, unknown>;
  body.model ??= 'm';
  const chat = own.format.decodeRequest(body);
  // Its scale ends at 1.
  if ([own, other].some(({ format }) => format === anthropicMessages) && chat.temperature)
    chat.temperature = Math.min(1, chat.temperature);
  let back: ChatRequest;
  const dropped: string[] = [];
  try {
    const there = through(chat, other, dropped);
    back = through(there, own, []);
  } catch (error) {
    if (!(error instanceof RouterError) || error.param === null) throw error;
    const reason = `${other.api}: ${error.message}`;
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
    return;
  }
  const both = [own, other];
  // Budgets, efforts and plain switches stand for each other.
  const exact = both.every(({ efforts }) => efforts) && chat.reasoning?.effort !== undefined;
  const view = (request: ChatRequest) =>
    JSON.parse(
      JSON.stringify({
        ...talkOf(request),
        tools: toolsOf(request),
        ...settingsOf(request, both, exact),
      }),
    ) as object;
  // Anthropic must be told a limit: where the caller has none it is ours.
  if (chat.maxOutputTokens === undefined) delete back.maxOutputTokens;
  const [told, expected] = [view(back), view(chat)] as Record<string, unknown>[];
  for (const field of Object.keys(expected!)) {
    if (NAMES[field]?.some((name) => dropped.some((held) => held.includes(name)))) continue;
    if (isDeepStrictEqual(told![field], expected![field])) continue;
    const [ours, theirs] = [told![field], expected![field]].map((value) =>
      JSON.stringify(value)?.slice(0, 400),
    );
    throw new Error(`${field}: ${ours} for ${theirs}`);
  }
}

describe.skipIf(!hasRecordings())('recorded requests', () => {
  for (const own of SAYS) {
    const score = createScore(`${own.api} requests to the other dialects and back`);
    const refused = new Map<string, number>();
    afterAll(() => {
      score.print();
      for (const [reason, count] of refused) console.log(`refused ${count}: ${reason}`);
    });

    it(`of ${own.api} keep what both dialects can say`, { timeout: 120_000 }, () => {
      for (const recording of recordingsOf(own.api)) {
        if (recording.request === undefined || recording.status !== 200) continue;
        if (recording.name in EXCEPTIONS) continue;
        for (const other of SAYS)
          if (other !== own)
            score.count(recording, () => checkPair(recording, own, other, refused), other.api);
      }
      expect(score.failures).toEqual([]);
    });
  }
});
