import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import { collect, toParts, type CollectedAnswer } from '../streams/collect.ts';
import { answers, requests, toEvents, type Abilities } from './arbitrary.contract.ts';
import type { ChatEvent, ChatRequest, ContentPart, Part, Usage } from './chat.ts';
import type { AnswerContext, Format, FormatTarget, UpstreamFormat } from './format.ts';

export interface ContractOptions {
  target: FormatTarget;
  abilities: Abilities;
  /** Bodies that are wrong, and the path that the error names. */
  badRequests: readonly (readonly [title: string, body: unknown, param: string | null])[];
  /** Folder with `*.sse` streams, and beside each an `*.json` of the collected answer. */
  fixtures: string;
}

const context: AnswerContext = {
  id: 'answer-1',
  created: 1_700_000_000,
  model: 'asked-for',
  includeUsage: true,
  passThrough: false,
};

/** Cuts bytes at the given places. */
function splits(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...[...at].map((n) => n % bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

/** Runs a decoder over chunks. */
export function decodeAll(
  format: Pick<UpstreamFormat, 'createDecoder'>,
  chunks: Iterable<Uint8Array>,
): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = format.createDecoder((event) => events.push(event));
  for (const chunk of chunks) {
    if (decoder.finished) break;
    decoder.decode(chunk);
  }
  if (!decoder.finished) decoder.end();
  return events;
}

/** Runs an encoder over events. */
export function encodeAll(format: Format, events: Iterable<ChatEvent>, to = context): Uint8Array {
  const encoder = format.createEncoder(to);
  let text = '';
  for (const event of events) text += encoder.encode(event);
  return new TextEncoder().encode(text + encoder.end());
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RouterError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

/** What one may compare: the ids and names that an answer context replaces are not the answer's. */
function comparable(answer: CollectedAnswer, abilities: Abilities): unknown {
  const withoutIds = (part: ContentPart) => {
    if (part.type === 'reasoning') return { ...part, id: undefined };
    return part.type === 'tool-call' && !abilities.toolCallIds ? { ...part, id: '' } : part;
  };
  return {
    choices: answer.choices.map((choice) => ({
      content: choice.content.map(withoutIds),
      finish: choice.finish?.reason,
    })),
    usage: withoutZeros(answer.usage),
  };
}

/** Some dialects must tell a count; one of nothing is none. */
function withoutZeros(usage: Usage | undefined): unknown {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, count]) => count !== 0));
}

function comparableRequest(chat: ChatRequest): unknown {
  const plain = JSON.parse(JSON.stringify(chat)) as Partial<ChatRequest>;
  delete plain.raw;
  delete plain.unmapped;
  // A result's name is that of its call, and a picture's type is read from its address.
  for (const { content } of plain.messages ?? [])
    for (const part of content) {
      if (part.type === 'tool-result') delete part.name;
      if (part.type === 'image' && part.source.kind === 'url') delete part.source.mediaType;
    }
  // What is so anyway need not be said.
  for (const tool of plain.tools ?? []) if (tool.strict === false) delete tool.strict;
  if (plain.toolChoice === 'none') delete plain.parallelToolCalls;
  if (plain.toolChoice === 'auto') delete plain.toolChoice;
  return plain;
}

/** The suite that every format runs. */
export function describeFormat(format: Format, options: ContractOptions): void {
  const { abilities, target } = options;
  const decode = (bytes: Uint8Array, at: readonly number[] = []) =>
    decodeAll(format, splits(bytes, at));

  describe(`${format.name} requests`, () => {
    it('come back as they went: decode(encode(x)) = x', () => {
      fc.assert(
        fc.property(requests(abilities), (chat) => {
          const { body } = format.encodeRequest(chat, { ...target, model: chat.model });
          const back = format.decodeRequest(JSON.parse(JSON.stringify(body)));
          if (back.model === '') back.model = chat.model;
          back.stream = chat.stream;
          back.includeUsage = chat.includeUsage;
          expect(comparableRequest(back)).toEqual(comparableRequest(chat));
        }),
      );
    });

    for (const [title, body, param] of options.badRequests)
      it(`refuses ${title}`, () => {
        let error: unknown;
        try {
          format.decodeRequest(body);
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toBeInstanceOf(RouterError);
        expect((error as RouterError).code).toBe('invalid_request');
        expect((error as RouterError).param).toBe(param);
      });
  });

  describe(`${format.name} answers`, () => {
    it('come back as they went, whole', () => {
      fc.assert(
        fc.property(answers(abilities, format.name), (answer) => {
          const body = format.encodeResponse({ parts: toParts(answer) }, context);
          const back = collect([format.decodeResponse(JSON.parse(JSON.stringify(body)))]);
          expect(comparable(back, abilities)).toEqual(comparable(answer, abilities));
        }),
      );
    });

    it('come back as they went, streamed, at whatever splits', () => {
      fc.assert(
        fc.property(
          answers(abilities, format.name),
          fc.nat(),
          fc.array(fc.nat(), { maxLength: 12 }),
          (answer, seed, at) => {
            const bytes = encodeAll(format, toEvents(toParts(answer), seed));
            const whole = decode(bytes);
            expect(comparable(collect(whole), abilities)).toEqual(comparable(answer, abilities));
            expect(decode(bytes, at)).toEqual(whole);
          },
        ),
      );
    });

    it('are the same streamed and not', () => {
      fc.assert(
        fc.property(answers(abilities, format.name), fc.nat(), (answer, seed) => {
          const events = decode(encodeAll(format, toEvents(toParts(answer), seed)));
          const whole = { parts: toParts(collect(events)) };
          const body = format.encodeResponse({ parts: toParts(answer) }, context);
          const ours = format.encodeResponse(whole, { ...context, model: context.model });
          expect(comparable(collect([format.decodeResponse(ours)]), abilities)).toEqual(
            comparable(collect([format.decodeResponse(body)]), abilities),
          );
        }),
        { numRuns: 50 },
      );
    });

    it('pass through as they came when the caller speaks the same format', () => {
      fc.assert(
        fc.property(answers(abilities, format.name), fc.nat(), (answer, seed) => {
          const bytes = encodeAll(format, toEvents(toParts(answer), seed));
          const again = encodeAll(format, decode(bytes), { ...context, passThrough: true });
          expect(new TextDecoder().decode(again)).toBe(new TextDecoder().decode(bytes));
        }),
        { numRuns: 50 },
      );
    });
  });

  describe(`${format.name} faults`, () => {
    it('a stream cut anywhere before its finish is never taken for whole', () => {
      const parts: Part[] = [
        { type: 'start', id: 'x' },
        { type: 'text-start', block: 0 },
        { type: 'text-delta', block: 0, text: 'one ' },
        { type: 'text-delta', block: 0, text: 'twö 🙂' },
        { type: 'text-end', block: 0 },
      ];
      const encoder = format.createEncoder(context);
      const text = parts.map((part) => encoder.encode({ parts: [part] })).join('');
      const bytes = new TextEncoder().encode(text);
      for (let end = 0; end <= bytes.length; end++)
        expect(
          codeOf(() => decode(bytes.subarray(0, end))),
          `cut at ${end}`,
        ).toBe('upstream_truncated');
    });

    it('a web page, words and broken JSON are bad_upstream', () => {
      for (const page of [
        '<!doctype html><html></html>',
        ' \n<html>',
        'Bad gateway\n',
        'data: {"broken\n\n',
        '{"a":',
      ])
        expect(
          codeOf(() => decode(new TextEncoder().encode(page))),
          page,
        ).toBe('bad_upstream');
      for (const body of ['<html>', null, 5, [], {}, { choices: 'no' }])
        expect(codeOf(() => format.decodeResponse(body))).toBe('bad_upstream');
    });

    it("an error keeps the provider's words and its status through encodeError and decodeError", () => {
      const error = new RouterError('rate_limited', 'Slow down, please.', { retryAfterMs: 5000 });
      const body = format.encodeError(error, 'request-1');
      const fault = format.decodeError(429, new Headers({ 'retry-after': '5' }), body);
      expect(fault).toMatchObject({
        message: 'Slow down, please.',
        status: 429,
        retryAfterMs: 5000,
      });
    });

    it('an error inside a stream reads as one, and nothing follows it', () => {
      const error = new RouterError('upstream_truncated', 'It broke off.');
      const events = decode(format.encodeStreamError(error));
      expect(events.flatMap((event) => event.parts)).toMatchObject([
        { type: 'error', error: { message: 'It broke off.' } },
      ]);
      const encoder = format.createEncoder(context);
      const told = encoder.encode({
        parts: [{ type: 'error', error: { message: 'No.', status: 500 } }],
      });
      expect(told).toContain('No.');
      expect(encoder.encode({ parts: [{ type: 'text-delta', block: 0, text: 'more' }] })).toBe('');
      expect(encoder.end()).toBe('');
    });
  });

  describe(`${format.name} fixtures`, () => {
    for (const file of readdirSync(options.fixtures).filter((entry) => entry.endsWith('.sse'))) {
      const bytes = new Uint8Array(readFileSync(join(options.fixtures, file)));
      const expected = JSON.parse(
        readFileSync(join(options.fixtures, file.replace(/\.sse$/, '.json')), 'utf8'),
      ) as { answer?: CollectedAnswer; throws?: string };
      const read = (chunks: Iterable<Uint8Array>): unknown => {
        const events: ChatEvent[] = [];
        const decoder = format.createDecoder((event) => events.push(event));
        try {
          for (const chunk of chunks) if (!decoder.finished) decoder.decode(chunk);
          decoder.end();
        } catch (error) {
          return { throws: (error as RouterError).code, answer: withoutRandomIds(collect(events)) };
        }
        return { answer: withoutRandomIds(collect(events)) };
      };
      it(`reads ${file} whole, byte by byte and at random splits`, () => {
        const whole = read([bytes]);
        expect(JSON.parse(JSON.stringify(whole))).toMatchObject(expected);
        expect(read(splits(bytes, [...bytes.keys()]))).toEqual(whole);
        fc.assert(
          fc.property(fc.array(fc.nat(), { maxLength: 8 }), (at) => {
            expect(read(splits(bytes, at))).toEqual(whole);
          }),
          { numRuns: 40 },
        );
      });
    }
  });
}

/** An id that a provider leaves out is ours, and new each time. */
function withoutRandomIds(answer: CollectedAnswer): CollectedAnswer {
  for (const choice of answer.choices)
    for (const part of choice.content)
      if (part.type === 'tool-call' && /^call_[0-9a-f]{32}$/.test(part.id)) part.id = 'made-up';
  return answer;
}
