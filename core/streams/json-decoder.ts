import { RouterError } from '../errors.ts';
import type { ChatEvent, Part, Usage } from '../formats/chat.ts';
import type { StreamDecoder } from '../formats/format.ts';
import { toShape, wordsOf, type Shape, type Variable } from './shape.ts';
import { createSseJsonReader } from './sse-json.ts';
import { truncated } from './truncated.ts';

type JsonObject = Record<string, unknown>;

/** What one format knows of its streams. */
export interface JsonStream {
  onObject(raw: JsonObject, name: string | undefined): void;
  onDone(): void;
  /** The answer is one JSON text and no event stream. */
  onBody(body: unknown): void;
  /** A delta went by that was like the one before it: what the stream keeps of it. */
  onLike?(part: Delta): void;
  /** The usage that counts of an event tell, where each event tells it beside its delta. */
  usageOf?(counts: Record<string, number>): Usage | undefined;
  /** The wire's own end mark came. */
  readonly finished: boolean;
  /** Something of this format came. */
  readonly started: boolean;
  /** All that was begun has its end: the upstream may close. */
  readonly complete: boolean;
}

interface JsonStreamOptions {
  /** How an error names the format: `OpenAI chat`. */
  readonly name: string;
  readonly variable: Variable;
}

/** A part that is one piece of a text that many events tell. */
export type Delta = Extract<Part, { type: 'text-delta' | 'reasoning-delta' | 'tool-input-delta' }>;

/**
 * What the formats' decoders have in common: SSE or one JSON text, when an answer is over, when it
 * broke off, and the events that are like one before them, which are not parsed.
 */
export function createJsonDecoder(
  emit: (event: ChatEvent) => void,
  { name: format, variable }: JsonStreamOptions,
  create: (emit: (event: ChatEvent) => void) => JsonStream,
): StreamDecoder {
  const likenesses = createLikenesses(variable);
  let last: ChatEvent | undefined;
  let closed = false;

  const stream = create((event) => {
    last = event;
    emit(event);
  });

  const reader = createSseJsonReader({
    onText(json, name) {
      if (stream.finished) return false;
      const event = likenesses.find(json, name, stream.usageOf);
      if (event === undefined) return false;
      stream.onLike?.(event.parts[0]);
      emit(event);
      return true;
    },
    onObject(raw, name, json) {
      if (stream.finished) return;
      last = undefined;
      stream.onObject(raw, name);
      likenesses.learn(last, raw, name, json, stream.usageOf);
    },
    onDone: () => stream.onDone(),
    onBody: (body) => stream.onBody(body),
  });

  return {
    decode(chunk) {
      if (!this.finished) reader.feed(chunk);
    },
    get finished() {
      return closed || stream.finished;
    },
    end() {
      if (this.finished) return;
      reader.end();
      if (this.finished) return;
      if (!stream.complete) {
        throw reader.strayLines > 0 && !stream.started
          ? new RouterError('bad_upstream', `The provider's stream is not of the ${format} format.`)
          : truncated();
      }
      closed = true;
    },
  };
}

interface Known {
  readonly shape: Shape;
  /** The SSE name that it came with. */
  readonly name: string | undefined;
  readonly event: ChatEvent;
  readonly delta: Delta;
  readonly hasUsage: boolean;
}

/** Several tell their deltas in turn: tool calls, choices. */
const MOST_KNOWN = 4;
/** After so many shapes that hardly ever fit there is no use in learning more. */
const MOST_IN_VAIN = 12;

/** The shapes of the deltas since the last event that was more than a delta. */
function createLikenesses(variable: Variable) {
  let known: Known[] = [];
  let inVain = 0;

  return {
    /** Any event but a single delta may change what the next one means: all is forgotten. */
    learn(
      event: ChatEvent | undefined,
      raw: JsonObject,
      name: string | undefined,
      json: string | undefined,
      usageOf: JsonStream['usageOf'],
    ): void {
      const delta = event?.parts[0];
      const usage = event?.parts[1];
      const isSimple =
        usage === undefined ||
        (usageOf !== undefined && usage.type === 'usage' && event?.parts.length === 2);
      if (event?.raw !== raw || !isSimple || !isDelta(delta)) {
        if (known.length > 0) known = [];
        return;
      }
      if (json === undefined || inVain >= MOST_IN_VAIN) return;
      const shape = toShape(json, raw, textOf(delta), variable);
      if (shape === undefined) return;
      inVain++;
      const hasUsage = usage !== undefined;
      // Counts that are not among the values would stay as they were.
      if (hasUsage && !isSame(usageOf?.(shape.countsOf(shape.match(json) ?? [])), usage.usage))
        return;
      known = [{ shape, name, event, delta, hasUsage }, ...known.slice(0, MOST_KNOWN - 1)];
    },
    find(
      json: string,
      name: string | undefined,
      usageOf: JsonStream['usageOf'],
    ): LikeEvent | undefined {
      for (const { shape, name: itsName, event, delta, hasUsage } of known) {
        if (name !== itsName) continue;
        const values = shape.match(json);
        if (values === undefined) continue;
        const words = wordsOf(values[shape.wordsAt]!);
        if (words === undefined) return undefined;
        if (inVain > 0) inVain--;
        const part = withText(delta, words);
        if (!hasUsage) return new LikeEvent([part], shape, values, event.name);
        const usage = usageOf?.(shape.countsOf(values));
        if (usage === undefined) return undefined;
        return new LikeEvent([part, { type: 'usage', usage }], shape, values, event.name);
      }
      return undefined;
    },
  };
}

class LikeEvent implements ChatEvent {
  readonly parts: readonly [Delta, ...Part[]];
  readonly name: string | undefined;
  readonly #shape: Shape;
  readonly #values: readonly string[];

  constructor(
    parts: LikeEvent['parts'],
    shape: Shape,
    values: readonly string[],
    name: string | undefined,
  ) {
    this.parts = parts;
    this.name = name;
    this.#shape = shape;
    this.#values = values;
  }

  get shape(): Shape {
    return this.#shape;
  }

  get values(): readonly string[] {
    return this.#values;
  }

  get raw(): JsonObject {
    return JSON.parse(this.#shape.fill(this.#values)) as JsonObject;
  }
}

function isDelta(part: Part | undefined): part is Delta {
  return (
    part?.type === 'text-delta' ||
    part?.type === 'reasoning-delta' ||
    part?.type === 'tool-input-delta'
  );
}

function isSame(one: Usage | undefined, other: Usage): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function textOf(delta: Delta): string {
  return delta.type === 'tool-input-delta' ? delta.json : delta.text;
}

function withText(delta: Delta, words: string): Delta {
  const { type, block, choice } = delta;
  if (type === 'tool-input-delta') return { type, block, choice, json: words };
  return { type, block, choice, text: words };
}
