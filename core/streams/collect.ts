import type {
  ChatEvent,
  ContentPart,
  FinishReason,
  MediaSource,
  Part,
  ProviderFault,
  ReasoningContent,
  ToolCall,
  Usage,
} from '../formats/chat.ts';

/** One of the answers (`choices`), read to its end. */
export interface CollectedChoice {
  /** Text, refusal, reasoning, tool calls and images, in the order of their start. */
  content: ContentPart[];
  finish?: { reason: FinishReason; raw?: string; stopSequence?: string };
  logprobs?: unknown[];
  audio?: Record<string, unknown>;
}

/** A streamed answer, read to its end. */
export interface CollectedAnswer {
  id?: string;
  model?: string;
  created?: number;
  choices: CollectedChoice[];
  usage?: Usage;
  fault?: ProviderFault;
}

export interface Collector {
  add(event: ChatEvent): void;
  answer(): CollectedAnswer;
}

type TextBlock = Extract<ContentPart, { type: 'text' }>;

/** Parts -> the whole answer. Blocks keep their order, whatever the order of their deltas was. */
export function createCollector(): Collector {
  const answer: CollectedAnswer = { choices: [] };
  const blocks: (ContentPart | undefined)[][] = [];

  function choiceOf(part: { choice?: number }): CollectedChoice {
    const index = part.choice ?? 0;
    while (answer.choices.length <= index) {
      answer.choices.push({ content: [] });
      blocks.push([]);
    }
    return answer.choices[index]!;
  }

  function open<T extends ContentPart>(part: { block: number; choice?: number }, content: T): T {
    choiceOf(part).content.push(content);
    blocks[part.choice ?? 0]![part.block] = content;
    return content;
  }

  function blockOf(part: { block: number; choice?: number }): ContentPart | undefined {
    choiceOf(part);
    return blocks[part.choice ?? 0]![part.block];
  }

  function textOf(part: { block: number; choice?: number }): TextBlock {
    const block = blockOf(part);
    return block?.type === 'text' ? block : open(part, { type: 'text', text: '' });
  }

  function reasoningOf(part: { block: number; choice?: number }): ReasoningContent {
    const block = blockOf(part);
    return block?.type === 'reasoning' ? block : open(part, { type: 'reasoning', text: '' });
  }

  function toolOf(part: { block: number; choice?: number }): ToolCall | undefined {
    const block = blockOf(part);
    return block?.type === 'tool-call' ? block : undefined;
  }

  function addPart(part: Part): void {
    switch (part.type) {
      case 'start':
        answer.id ??= part.id;
        answer.model ??= part.model;
        answer.created ??= part.created;
        return;
      case 'text-start':
        textOf(part);
        return;
      case 'text-delta':
        textOf(part).text += part.text;
        return;
      case 'citation':
        (textOf(part).citations ??= []).push(part.citation);
        return;
      case 'refusal-delta': {
        const { content } = choiceOf(part);
        const last = content.find((block) => block.type === 'refusal');
        if (last === undefined) content.push({ type: 'refusal', text: part.text });
        else last.text += part.text;
        return;
      }
      case 'reasoning-start': {
        const block = reasoningOf(part);
        if (part.id !== undefined) block.id = part.id;
        return;
      }
      case 'reasoning-delta':
        reasoningOf(part).text += part.text;
        return;
      case 'reasoning-end': {
        const block = reasoningOf(part);
        if (part.signature !== undefined) block.signature = part.signature;
        if (part.redacted !== undefined) block.redacted = part.redacted;
        return;
      }
      case 'tool-input-start':
        open(part, { type: 'tool-call', id: part.id, name: part.name, arguments: '' });
        return;
      case 'tool-input-delta': {
        const call = toolOf(part);
        if (call !== undefined) call.arguments += part.json;
        return;
      }
      case 'tool-input-end': {
        const call = toolOf(part);
        if (call !== undefined && part.signature !== undefined) call.signature = part.signature;
        return;
      }
      case 'image':
        choiceOf(part).content.push({ type: 'image', source: part.source as MediaSource });
        return;
      case 'audio': {
        const choice = choiceOf(part);
        choice.audio = joinAudio(choice.audio, part.audio);
        return;
      }
      case 'logprobs':
        (choiceOf(part).logprobs ??= []).push(...part.content);
        return;
      case 'usage':
        answer.usage = { ...answer.usage, ...part.usage };
        return;
      case 'finish':
        choiceOf(part).finish ??= {
          reason: part.reason,
          ...(part.raw !== undefined && { raw: part.raw }),
          ...(part.stopSequence !== undefined && { stopSequence: part.stopSequence }),
        };
        return;
      case 'error':
        answer.fault ??= part.error;
        return;
      case 'text-end':
        return;
    }
  }

  return {
    add(event) {
      for (const part of event.parts) addPart(part);
    },
    answer: () => answer,
  };
}

/** Audio comes in pieces of base64 and of its transcript. */
function joinAudio(
  before: Record<string, unknown> | undefined,
  piece: Record<string, unknown>,
): Record<string, unknown> {
  const audio = { ...before };
  for (const [key, value] of Object.entries(piece)) {
    const held = audio[key];
    audio[key] =
      (key === 'data' || key === 'transcript') && typeof held === 'string'
        ? held + String(value)
        : value;
  }
  return audio;
}

/** All of an answer's events -> the answer. */
export function collect(events: Iterable<ChatEvent>): CollectedAnswer {
  const collector = createCollector();
  for (const event of events) collector.add(event);
  return collector.answer();
}

/** The whole answer as the parts of one event: what a non-streamed answer decodes to. */
export function toParts(answer: CollectedAnswer): Part[] {
  const parts: Part[] = [
    {
      type: 'start',
      ...(answer.id !== undefined && { id: answer.id }),
      ...(answer.model !== undefined && { model: answer.model }),
      ...(answer.created !== undefined && { created: answer.created }),
    },
  ];
  answer.choices.forEach((choice, index) => parts.push(...partsOfChoice(choice, index)));
  if (answer.usage !== undefined) parts.push({ type: 'usage', usage: answer.usage });
  if (answer.fault !== undefined) parts.push({ type: 'error', error: answer.fault });
  return parts;
}

function partsOfChoice(choice: CollectedChoice, index: number): Part[] {
  const at = index === 0 ? {} : { choice: index };
  const parts: Part[] = [];
  let block = 0;
  for (const content of choice.content) {
    switch (content.type) {
      case 'text':
        parts.push({ type: 'text-start', block, ...at });
        if (content.text !== '')
          parts.push({ type: 'text-delta', block, text: content.text, ...at });
        for (const citation of content.citations ?? [])
          parts.push({ type: 'citation', block, citation, ...at });
        parts.push({ type: 'text-end', block, ...at });
        block++;
        break;
      case 'refusal':
        parts.push({ type: 'refusal-delta', text: content.text, ...at });
        break;
      case 'reasoning':
        parts.push({
          type: 'reasoning-start',
          block,
          ...(content.id !== undefined && { id: content.id }),
          ...at,
        });
        if (content.text !== '')
          parts.push({ type: 'reasoning-delta', block, text: content.text, ...at });
        parts.push({
          type: 'reasoning-end',
          block,
          ...(content.signature !== undefined && { signature: content.signature }),
          ...(content.redacted !== undefined && { redacted: content.redacted }),
          ...at,
        });
        block++;
        break;
      case 'tool-call':
        parts.push({ type: 'tool-input-start', block, id: content.id, name: content.name, ...at });
        if (content.arguments !== '')
          parts.push({ type: 'tool-input-delta', block, json: content.arguments, ...at });
        parts.push({
          type: 'tool-input-end',
          block,
          ...(content.signature !== undefined && { signature: content.signature }),
          ...at,
        });
        block++;
        break;
      case 'image':
        parts.push({ type: 'image', source: content.source, ...at });
        break;
    }
  }
  if (choice.logprobs !== undefined)
    parts.push({ type: 'logprobs', content: choice.logprobs, ...at });
  if (choice.audio !== undefined) parts.push({ type: 'audio', audio: choice.audio, ...at });
  if (choice.finish !== undefined) parts.push({ type: 'finish', ...choice.finish, ...at });
  return parts;
}
