import type { ChatEvent, ChatRequest, Part, Usage } from '../formats/chat.ts';
import { createTap } from '../streams/tap.ts';
import type { Seen } from './dispatch.ts';

/** Watches the answers to one chat: the one that the caller gets, and what those before it used. */
export interface Tally extends Seen {
  readonly chat: ChatRequest;
  see(event: ChatEvent): void;
  /** Another answer comes; `used` is what this one was counted as. */
  next(used: Usage | undefined): void;
  /** The event as the caller reads it: its usage is that of all answers. */
  inSum(event: ChatEvent): ChatEvent;
}

export function createTally(chat: ChatRequest): Tally {
  let tap = createTap();
  let before: Usage | undefined;

  function sumOf(part: Part): Part {
    if (part.type !== 'usage' || before === undefined) return part;
    return { type: 'usage', usage: addUsage(before, { ...tap.usage, ...part.usage }) };
  }

  return {
    chat,
    get usage() {
      return tap.usage;
    },
    get toolCalls() {
      return tap.toolCalls;
    },
    get characters() {
      return tap.characters;
    },
    see: (event) => tap.see(event),
    next(used) {
      if (used !== undefined) before = before === undefined ? used : addUsage(before, used);
      tap = createTap();
    },
    inSum: (event) =>
      before === undefined ? event : { whole: event.whole, parts: event.parts.map(sumOf) },
  };
}

/** A cost is told only where both are known. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum = (name: 'cachedInput' | 'cacheWrite' | 'reasoning') => {
    const value = (one[name] ?? 0) + (other[name] ?? 0);
    return one[name] === undefined && other[name] === undefined ? {} : { [name]: value };
  };
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    ...sum('cachedInput'),
    ...sum('cacheWrite'),
    ...sum('reasoning'),
    ...(one.costUsd !== undefined &&
      other.costUsd !== undefined && { costUsd: one.costUsd + other.costUsd }),
  };
}
