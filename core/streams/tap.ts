import {
  isContent,
  type ChatEvent,
  type FinishReason,
  type ProviderFault,
  type Usage,
} from '../formats/chat.ts';

/** What went by: all that counters, logs and the decision to fail over need, and no text. */
export interface Tap {
  see(event: ChatEvent): void;
  /** Something came that a person or a program can use: the answer stays on its route. */
  readonly hasContent: boolean;
  /** Characters of text, reasoning and tool input: an estimate where the provider counts no tokens. */
  readonly characters: number;
  readonly toolCalls: number;
  readonly usage: Usage | undefined;
  readonly finish: FinishReason | undefined;
  readonly fault: ProviderFault | undefined;
}

/** Watches events on their way, and changes nothing. */
export function createTap(): Tap {
  const tap = {
    hasContent: false,
    characters: 0,
    toolCalls: 0,
    usage: undefined as Usage | undefined,
    finish: undefined as FinishReason | undefined,
    fault: undefined as ProviderFault | undefined,
    see(event: ChatEvent) {
      for (const part of event.parts) {
        if (!tap.hasContent && isContent(part)) tap.hasContent = true;
        switch (part.type) {
          case 'text-delta':
          case 'refusal-delta':
          case 'reasoning-delta':
            tap.characters += part.text.length;
            break;
          case 'tool-input-start':
            tap.toolCalls++;
            break;
          case 'tool-input-delta':
            tap.characters += part.json.length;
            break;
          case 'usage':
            tap.usage = { ...tap.usage, ...part.usage };
            break;
          case 'finish':
            tap.finish ??= part.reason;
            break;
          case 'error':
            tap.fault ??= part.error;
            break;
        }
      }
    },
  };
  return tap;
}
