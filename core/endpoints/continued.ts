import { RouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest, Part } from '../formats/chat.ts';
import type { Formats } from '../formats/format.ts';
import { withTurns } from '../formats/further-turns.ts';
import type { Target } from '../middleware/resolve.ts';

/** What the caller has of an answer so far, and how another one goes on with it. */
export interface Splice {
  /** An event as the caller reads it; remembers what went by. */
  pass(event: ChatEvent): ChatEvent;
  /** False where it holds what another model can not take up: a tool call, a picture, a second choice. */
  readonly canGoOn: boolean;
  /** The question to a target that is to go on. */
  chatFor(chat: ChatRequest, target: Target, formats: Formats): ChatRequest;
  /** Closes what is open; what comes from now on is the next answer's. */
  turn(): ChatEvent;
}

export function createSplice(): Splice {
  const open = new Map<number, 'text-end' | 'reasoning-end'>();
  let text = '';
  let next = 0;
  let offset = 0;
  let canGoOn = true;
  let isFirst = true;
  /** White space that the next answer was not shown, and may say again. */
  let isTrimmed = false;

  function move(part: Part): Part | undefined {
    if (!isFirst && part.type === 'start') return undefined;
    if (!('block' in part)) return part;
    const moved = { ...part, block: part.block + offset };
    next = Math.max(next, moved.block + 1);
    return moved;
  }

  function note(part: Part): void {
    switch (part.type) {
      case 'text-start':
        open.set(part.block, 'text-end');
        break;
      case 'reasoning-start':
        open.set(part.block, 'reasoning-end');
        break;
      case 'text-end':
      case 'reasoning-end':
        open.delete(part.block);
        break;
      case 'text-delta':
        text += part.text;
        break;
      case 'tool-input-start':
      case 'refusal-delta':
      case 'image':
      case 'audio':
      case 'finish':
        canGoOn = false;
        break;
    }
    if ('choice' in part && part.choice) canGoOn = false;
  }

  function onlyNew(part: Part): Part | undefined {
    if (part.type !== 'text-delta' || !isTrimmed) return part;
    const rest = part.text.trimStart();
    if (rest === '') return undefined;
    isTrimmed = false;
    return { ...part, text: rest };
  }

  return {
    pass(event) {
      const parts: Part[] = [];
      for (const each of event.parts) {
        const moved = move(each);
        const part = moved && onlyNew(moved);
        if (part === undefined) continue;
        note(part);
        parts.push(part);
      }
      return { parts };
    },
    get canGoOn() {
      return canGoOn;
    },
    chatFor(chat, { provider, model }, formats) {
      // It had said nothing that counts: the next one begins anew.
      if (text.trim() === '') return chat;
      const takes = formats.upstreams[provider.format].takesPrefill?.(chat, model) ?? false;
      // A prefill may not end in white space.
      const said = takes ? text.trimEnd() : text;
      isTrimmed = said !== text;
      const turn = { role: 'assistant', text: said } as const;
      const all = withTurns(chat, takes ? [turn] : [turn, { role: 'user', text: GO_ON }]);
      if (all !== undefined) return all;
      throw new RouterError(
        'invalid_request',
        'An answer of this dialect can not be gone on with.',
      );
    },
    turn() {
      const parts = [...open].map(([block, type]): Part => ({ type, block }));
      open.clear();
      offset = next;
      isFirst = false;
      return { parts };
    },
  };
}

const GO_ON =
  'Your last message was cut off. Go on exactly where it stops: repeat nothing of it, and write nothing before or beside the rest.';

/** What the caller reads of it, where the body can hold a remark; also see `x-request-id` in the log. */
export function remarkOf(from: Target, to: Target, { code }: RouterError): string {
  const nameOf = ({ provider, model }: Target) => `${provider.id}/${model}`;
  const continued = { from: nameOf(from), to: nameOf(to), code };
  return `: ${JSON.stringify({ gatehouse: { continued } })}\n\n`;
}
