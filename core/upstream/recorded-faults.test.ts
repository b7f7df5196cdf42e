import { afterAll, describe, expect, it } from 'vitest';
import { FORMATS } from '../formats/index.ts';
import type { UpstreamFormatName } from '../formats/chat.ts';
import { hasRecordings, recordingsOf, type Recording } from '../formats/testing/recordings.ts';
import { verdictOf } from '../middleware/verdict.ts';
import { fromFault } from './faults.ts';

const APIS: Readonly<Record<string, UpstreamFormatName>> = {
  'openai-chat': 'openai-chat',
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic-messages',
  'google-generate': 'google-generate-content',
  'bedrock-converse': 'bedrock-converse',
  'cohere-v2-chat': 'cohere-chat',
  'ollama-chat': 'ollama-chat',
};

function judged({ api, status, headers, body }: Recording) {
  const { decodeError } = FORMATS.upstreams[APIS[api]!];
  const error = fromFault(decodeError(status, new Headers(headers), body ?? ''));
  const { next, cool } = verdictOf(error);
  return { error, next, cools: cool ? `${cool.scope} ${cool.state}` : 'nothing' };
}

/** What may follow, whatever a provider's words are. `next, what is held back`. */
// prettier-ignore
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  400: ['route, nothing', 'key, key aside'], // Google tells a wrong key so
  401: ['key, key aside'],
  402: ['key, key-model cooling', 'key, key cooling'],
  403: ['key, key aside', 'key, key-model cooling', 'route, nothing'],
  404: ['route, nothing'],
  405: ['route, nothing'],
  408: ['later, nothing'],
  409: ['later, nothing'],
  413: ['route, nothing'],
  415: ['route, nothing'],
  422: ['route, nothing'],
  424: ['later, nothing'],
  429: ['key, key-model cooling', 'key, key cooling'],
  '5xx': ['later, key-model failing', 'key, key-model cooling', 'route, provider cooling', 'later, nothing', 'route, nothing'],
};

describe.skipIf(!hasRecordings())('the errors that providers were recorded to send', () => {
  const all = hasRecordings()
    ? Object.keys(APIS).flatMap((api) => recordingsOf(api).filter(({ status }) => status >= 400))
    : [];
  const counts = new Map<string, number>();
  afterAll(() => {
    const lines = [...counts]
      .sort()
      .map(([what, count]) => `  ${String(count).padStart(4)}  ${what}`);
    console.log(`${all.length} recorded errors:\n${lines.join('\n')}`);
  });

  it('are there, of several providers', () => {
    expect(all.length).toBeGreaterThan(50);
    expect(new Set(all.map(({ provider }) => provider)).size).toBeGreaterThan(10);
  });

  it.each(all.map((recording) => [recording.name, recording] as const))(
    '%s',
    (_name, recording) => {
      const { error, next, cools } = judged(recording);
      const row = recording.status >= 500 ? '5xx' : String(recording.status);
      const what = `${next}, ${cools}`;
      counts.set(`${row}: ${what}`, (counts.get(`${row}: ${what}`) ?? 0) + 1);
      expect(ALLOWED[row], `${recording.status} ${error.code}: ${error.message}`).toContain(what);
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(error.message).not.toBe('');
    },
  );
});
