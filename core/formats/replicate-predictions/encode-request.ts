import type { ChatRequest, ContentPart, Message } from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { refuse, refuseNative } from '../invalid.ts';
import { type JsonObject, namesOf } from '../json.ts';
import { fromBase64, toUrl } from '../media.ts';
import { toPathSegment } from '../path-segment.ts';

/**
 * Canonical -> what the target is sent. `owner/name` is a model that Replicate keeps running,
 * `owner/name:version` any other, `deployments/owner/name` one of the person's own.
 */
export function encodeRequest(chat: ChatRequest, { model }: FormatTarget): EncodedRequest {
  refuseNative(chat.nativeOnly, 'Replicate');
  const dropped = [...(chat.unmapped ?? [])];
  const [name = '', version] = model.split(':');
  const place = name.split('/').map(toPathSegment).join('/');
  const owned = name.startsWith('deployments/') ? place : `models/${place}`;
  return {
    path: version === undefined ? `/${owned}/predictions` : '/predictions',
    headers: {
      accept: 'application/json',
      // Short answers come at once; a stream has its own address.
      ...(!chat.stream && { prefer: 'wait' }),
    },
    body: {
      ...(version !== undefined && { version }),
      input: toInput(chat, dropped),
      ...(chat.stream && { stream: true }),
    },
    dropped,
  };
}

/** The names that language models there have in common; each has others beside. */
function toInput(chat: ChatRequest, dropped: string[]): JsonObject {
  if (chat.toolChoice === 'required' || typeof chat.toolChoice === 'object')
    throw refuse('tool_choice', 'asks for a tool call, and models on Replicate have no tools.');
  const isSystem = ({ role }: Message) => role === 'system' || role === 'developer';
  const system = chat.messages.filter(isSystem).map(wordsOf).join('\n\n');
  const turns = chat.messages.filter((message) => !isSystem(message));
  const input: JsonObject = {
    prompt: toPrompt(turns),
    system_prompt: system === '' ? undefined : system,
    image: imageOf(turns),
    max_tokens: chat.maxOutputTokens,
    max_new_tokens: chat.maxOutputTokens,
    temperature: chat.temperature,
    top_p: chat.topP,
    top_k: chat.topK,
    seed: chat.seed,
    stop_sequences: chat.stop?.join(','),
    presence_penalty: chat.presencePenalty,
    frequency_penalty: chat.frequencyPenalty,
  };
  for (const name of Object.keys(input)) if (input[name] === undefined) delete input[name];
  dropped.push(...namesOf(unsayable(chat)));
  return input;
}

function unsayable(chat: ChatRequest): JsonObject {
  return {
    tools: chat.tools,
    n: chat.choices,
    logprobs: chat.logprobs,
    user: chat.user,
    response_format: chat.responseFormat?.type === 'text' ? undefined : chat.responseFormat,
    reasoning_effort: chat.reasoning,
  };
}

const NAMES: Readonly<Record<string, string>> = {
  user: 'User',
  assistant: 'Assistant',
  tool: 'Result',
};

/** One turn is the prompt itself; of several a transcript that the model goes on with. */
function toPrompt(turns: readonly Message[]): string {
  const [only] = turns;
  if (turns.length === 1 && only?.role === 'user') return wordsOf(only);
  const lines = turns.map((turn) => `${NAMES[turn.role]}: ${wordsOf(turn)}`);
  return [...lines, 'Assistant:'].join('\n\n');
}

function wordsOf({ content }: Pick<Message, 'content'>): string {
  return content.map(partWords).filter(Boolean).join('\n');
}

function partWords(part: ContentPart): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text;
    case 'tool-call':
      return `${part.name}(${part.arguments})`;
    case 'tool-result':
      return wordsOf(part);
    case 'file':
      if (part.source.kind === 'base64' && part.source.mediaType.startsWith('text/'))
        return fromBase64(part.source.data);
      throw refuse('messages', 'holds a file, which models on Replicate can’t be given.');
    case 'audio':
      throw refuse('messages', 'holds audio, which models on Replicate can’t be given.');
    default:
      return '';
  }
}

/** Models take one picture; of several it is the last. */
function imageOf(turns: readonly Message[]): string | undefined {
  for (const { content } of [...turns].reverse())
    for (const part of [...content].reverse())
      if (part.type === 'image') {
        const url = toUrl(part.source);
        if (url !== undefined) return url;
      }
  return undefined;
}
