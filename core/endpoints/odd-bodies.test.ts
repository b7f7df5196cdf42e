/** What only an attacker sends: nothing is a fault of ours, nothing is stored or told at its length. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendJson, serve, completionOf, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, providerAt, SITE } from '../testing/parts.ts';

let upstream: Loopback;
beforeAll(async () => {
  upstream = await serve((response) => sendJson(response, completionOf('Hi')));
});
afterAll(() => upstream.close());

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const MESSAGES = '[{"role":"user","content":"Hi"}]';
const withField = (name: string, json: string) =>
  `{"model":"box/m","max_tokens":9,"messages":${MESSAGES},"input":"Hi","prompt":"Hi","contents":[{"role":"user","parts":[{"text":"Hi"}]}],${JSON.stringify(name)}:${json}}`;
const withModel = (model: string) => withField('model', JSON.stringify(model));

const ODD: [name: string, body: string][] = [
  ['a field nested 100,000 deep', withField('surprise', deep(100_000))],
  ['metadata nested 5,000 deep', withField('metadata', deep(5_000))],
  ['tools nested without end', withField('tools', deep(50_000))],
  ['messages nested without end', withField('messages', deep(50_000))],
  [
    'content nested without end',
    withField('messages', `[{"role":"user","content":${deep(50_000)}}]`),
  ],
  [
    'a schema nested without end',
    withField(
      'tools',
      `[{"type":"function","function":{"name":"f","parameters":${'{"type":"object","properties":{"a":'.repeat(10_000)}{}${'}}'.repeat(10_000)}}}]`,
    ),
  ],
  ['a model’s name of a megabyte', withModel('x'.repeat(1_000_000))],
  ['a prefixed name of a megabyte', withModel(`box/${'x'.repeat(1_000_000)}`)],
  ['a name of control characters', withModel('box/a\r\nx-injected: yes\u0000\u0007\u202e')],
  ['a name of half a character', withModel('box/\ud800')],
  ['a name of the prototype', withModel('__proto__')],
  ['a provider of the prototype', withModel('constructor/m')],
  ['a router of the prototype', withField('router', '"__proto__"')],
  ['a router of lines', withField('router', '"box\\r\\nx-injected: yes"')],
  [
    'a prototype as a field',
    withField('__proto__', '{"api_base":"http://evil.example","stream":true}'),
  ],
  ['a constructor as a field', withField('constructor', '{"prototype":{"polluted":1}}')],
  [
    '20,000 fields',
    `${withField('a', '1').slice(0, -1)},${Array.from({ length: 20_000 }, (_, i) => `"api_key${i}":1`).join()}}`,
  ],
  [
    '500 hostile fields',
    `${withField('a', '1').slice(0, -1)},${Array.from(
      { length: 500 },
      (_, i) => `"api${'_'.repeat(i)}key":1`,
    ).join()}}`,
  ],
  ['numbers beyond reason', withField('max_tokens', '1e999')],
  ['negative counts', withField('n', '-1e300')],
];
const PATHS = [
  '/v1/chat/completions',
  '/v1/messages',
  '/v1/responses',
  '/v1/completions',
  '/v1/embeddings',
  '/v1beta/models/box%2Fm:generateContent',
  '/v1/messages/count_tokens',
  '/v1/images/generations',
];

for (const [name, body] of ODD)
  test(`${name} is answered, and breaks nothing`, async () => {
    const router = createTestRouter({
      providers: [providerAt(upstream.origin)],
      keys: { box: ['sk-canary-0123456789'] },
    });
    for (const path of PATHS) {
      const answer = await router.chat(body, { path, caller: SITE });
      const text = await answer.text();
      const told = [...answer.headers].map(([, value]) => value).join('').length;
      expect([path, answer.status === 500 && text]).toEqual([path, false]);
      expect([path, text.length < 20_000 || text.length, told < 5_000 || told]).toEqual([
        path,
        true,
        true,
      ]);
      expect(answer.headers.get('x-injected')).toBeNull();
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    for (const { headers } of upstream.received.splice(0))
      expect(headers['x-injected']).toBeUndefined();
  });
