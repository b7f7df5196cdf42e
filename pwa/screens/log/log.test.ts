import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { LoggedAttempt, ProviderView, RequestRecord } from '../../../core/index.ts';
import { quote, toCurl } from './curl.ts';
import { mergeLog } from './merge.ts';
import { toBars, wholeOf } from './timeline.ts';
import {
  attemptWords,
  fits,
  routeWords,
  statusOf,
  timeWords,
  type OutcomeFilter,
} from './words.ts';

const ATTEMPT: LoggedAttempt = {
  ...{ number: 1, cause: 'first', provider: 'groq', model: 'llama', startedAt: 1000, endMs: 200 },
  outcome: 'answered',
};
const FAILED: LoggedAttempt = {
  ...{ ...ATTEMPT, outcome: 'failed', status: 429 },
  ...{ code: 'rate_limited', reason: 'Slow down.' },
};
const REQUEST: RequestRecord = {
  ...{ id: 'r1', origin: 'https://a.example', endpoint: '/v1/chat/completions', asked: 'turbo' },
  ...{ startedAt: 1000, updatedAt: 1200, endMs: 200, outcome: 'answered', attempts: [ATTEMPT] },
};
const GROQ = {
  ...{ id: 'groq', name: 'Groq', format: 'openai-chat', baseUrl: 'https://api.groq.com/openai/v1' },
  ...{ auth: { scheme: 'bearer' }, headers: { 'x-secret': 'canary' }, builtIn: false, keys: [] },
} as unknown as ProviderView;

describe('the filter', () => {
  const twice = { ...REQUEST, attempts: [FAILED, { ...ATTEMPT, number: 2 }] };
  const running: RequestRecord = { ...REQUEST, outcome: undefined, endMs: undefined };
  test.each<[OutcomeFilter, RequestRecord, boolean]>([
    ['', REQUEST, true],
    ['answered', REQUEST, true],
    ['failed', REQUEST, false],
    ['fell-back', REQUEST, false],
    ['fell-back', twice, true],
    ['fell-back', { ...twice, outcome: 'failed' }, false],
    ['open', running, true],
    ['open', REQUEST, false],
    ['cancelled', { ...REQUEST, outcome: 'cancelled' }, true],
  ])('“%s” of %j: %s', (outcome, request, is) =>
    expect(fits(request, { origin: '', model: '', outcome })).toBe(is),
  );

  it('finds a model by what was asked and by where it went', () => {
    const find = (model: string) => fits(REQUEST, { origin: '', model, outcome: '' });
    expect(['TURBO', 'groq/lla', ' llama ', 'gpt'].map(find)).toEqual([true, true, true, false]);
  });
});

describe('the words', () => {
  it('name the way that a request took', () => {
    expect(routeWords(REQUEST)).toBe('turbo → groq/llama');
    expect(routeWords({ ...REQUEST, asked: 'groq/llama' })).toBe('groq/llama');
    expect(routeWords({ ...REQUEST, asked: '', attempts: [] })).toBe('auto');
  });

  it('tell a request that runs from one whose worker died', () => {
    const open: RequestRecord = { ...REQUEST, outcome: undefined };
    expect(statusOf(open, true).text).toBe('running');
    expect(statusOf(open, false).text).toMatch(/^no end/);
  });

  it('repeat what the provider said', () => {
    expect(attemptWords(FAILED).text).toBe('failed, 429 rate_limited: Slow down.');
    const times = { ...ATTEMPT, startedAt: 1300, firstByteMs: 120, firstContentMs: 150, output: 1 };
    expect(timeWords(times, 1000)).toBe(
      'asked at 300 ms · head after 120 ms · first content after 150 ms · 200 ms in all · 1 token out',
    );
  });
});

describe('the timeline', () => {
  it('puts a second try after the first, and the hedge beside it', () => {
    const request: RequestRecord = {
      ...REQUEST,
      endMs: 400,
      attempts: [
        { ...FAILED, endMs: 100 },
        {
          ...ATTEMPT,
          number: 2,
          startedAt: 1100,
          firstByteMs: 50,
          firstContentMs: 100,
          endMs: 300,
        },
      ],
    };
    expect(toBars(request)).toEqual([
      { number: 1, start: 0, waiting: 25, thinking: 0, answering: 0 },
      { number: 2, start: 25, waiting: 12.5, thinking: 12.5, answering: 50 },
    ]);
  });

  it('never runs out of its axis, whatever the clocks say', () => {
    const ms = fc.nat(100_000);
    const attempt = fc.record(
      { startedAt: ms, firstByteMs: ms, firstContentMs: ms, endMs: ms },
      { requiredKeys: ['startedAt', 'endMs'] },
    );
    fc.assert(
      fc.property(ms, fc.array(attempt), fc.option(ms), (startedAt, times, endMs) => {
        const request: RequestRecord = {
          ...{ ...REQUEST, startedAt, endMs: endMs ?? undefined },
          attempts: times.map((each, index) => ({ ...ATTEMPT, ...each, number: index + 1 })),
        };
        expect(wholeOf(request)).toBeGreaterThanOrEqual(1);
        for (const { start, waiting, thinking, answering } of toBars(request)) {
          for (const share of [start, waiting, thinking, answering])
            expect(share).toBeGreaterThanOrEqual(0);
          if (start > 0)
            expect(start + waiting + thinking + answering).toBeLessThanOrEqual(100 + 1e-6);
        }
      }),
    );
  });
});

describe('the growing log', () => {
  const at = (id: string, updatedAt: number) => ({
    ...REQUEST,
    id,
    startedAt: updatedAt,
    updatedAt,
  });
  it('takes over what changed and keeps the rest', () => {
    const known = [at('b', 2), at('a', 1)];
    const changed = [at('c', 3), { ...at('b', 2), endMs: 9 }];
    expect(mergeLog(known, changed).map(({ id, endMs }) => [id, endMs])).toEqual([
      ['c', 200],
      ['b', 9],
      ['a', 200],
    ]);
  });

  it('is empty once it was cleared, also where something came after', () => {
    const known = [at('b', 2), at('a', 1)];
    expect(mergeLog(known, [])).toEqual([]);
    expect(mergeLog(known, [at('c', 3)]).map(({ id }) => id)).toEqual(['c']);
  });
});

describe('the curl command', () => {
  it('asks the provider itself, with a place for the key and none of our headers', () => {
    const text = toCurl({ ...REQUEST, stream: true }, [GROQ])!;
    expect(text).toContain("curl 'https://api.groq.com/openai/v1/chat/completions'");
    expect(text).toContain('-H "authorization: Bearer $API_KEY"');
    expect(text).toContain('"model":"llama","stream":true');
    expect(text).not.toContain('canary');
  });

  it('is not there where nothing was asked, or where each request is signed', () => {
    expect(toCurl({ ...REQUEST, attempts: [] }, [GROQ])).toBeUndefined();
    expect(toCurl({ ...REQUEST, endpoint: '/v1/embeddings' }, [GROQ])).toBeUndefined();
    const signed = { ...GROQ, auth: { scheme: 'aws-sigv4' } } as ProviderView;
    expect(toCurl(REQUEST, [signed])).toBeUndefined();
  });

  it('gives a shell one word, whatever a page called its model', () => {
    const nasty = fc.constantFrom("'", '"', '$(id)', '`id`', '\\', '\n', ';', '!', '&&', 'é', ' ');
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 8 }), (parts) => {
        const text = parts.join('');
        const said = execFileSync('sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' });
        expect(said).toBe(text);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps its comment on one line', () => {
    const text = toCurl({ ...REQUEST, asked: 'x\nrm -rf ~' }, [GROQ])!;
    expect(text.split('\n')[0]).toBe('# asked for as x rm -rf ~');
  });
});
