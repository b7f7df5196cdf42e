import type { Usage } from '../formats/chat.ts';
import { findUsage, mergeUsage } from '../formats/any-usage.ts';
import { createSseParser } from '../streams/sse.ts';

/** Finds what an answer used while its bytes go by. */
export interface UsageScan {
  readonly see: (bytes: Uint8Array) => void;
  readonly usage: Usage | undefined;
  /** About how many letters of a stream the model wrote. */
  readonly characters: number;
  readonly toolCalls: number;
}

/** Where a model's words stand in the events of the formats. */
const WRITTEN =
  /"(?:content|text|delta|thinking|reasoning(?:_content)?|arguments|partial_json)"\s*:\s*"((?:[^"\\]|\\.)*)"/g;

/** A whole answer above this is bytes of something, and tells no usage. */
const MOST_KEPT = 4 * 1024 * 1024;

export function createUsageScan(type: string): UsageScan {
  if (/^text\/event-stream\b/i.test(type)) return scanEvents();
  if (/^application\/json\b/i.test(type)) return scanJson();
  return { see: () => {}, usage: undefined, characters: 0, toolCalls: 0 };
}

function scanEvents(): UsageScan {
  let usage: Usage | undefined;
  let characters = 0;
  const parser = createSseParser(({ data }) => {
    for (const [, written = ''] of data.matchAll(WRITTEN)) characters += written.length;
    // Most events tell none, and need not be parsed.
    if (data.includes('sage')) usage = mergeUsage(usage, findUsage(parse(data)));
  });
  return {
    see: (bytes) => parser.feed(bytes),
    get usage() {
      return usage;
    },
    get characters() {
      return characters;
    },
    toolCalls: 0,
  };
}

function scanJson(): UsageScan {
  const text = new TextDecoder();
  let kept: string | undefined = '';
  return {
    see(bytes) {
      if (kept === undefined) return;
      kept += text.decode(bytes, { stream: true });
      if (kept.length > MOST_KEPT) kept = undefined;
    },
    get usage() {
      return kept === undefined ? undefined : findUsage(parse(kept));
    },
    characters: 0,
    toolCalls: 0,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
