/** A bundle that does not fit its schema is refused with the path that is wrong, and changes nothing. */
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

async function put(page: Page, bundle: unknown, query = '?mode=replace') {
  return page.evaluate(
    async ([body, search]) => {
      const response = await fetch(`https://gatehouse.invalid/api/bundle${search}`, {
        method: 'PUT',
        body,
      });
      return { status: response.status, body: await response.json() };
    },
    [typeof bundle === 'string' ? bundle : JSON.stringify(bundle), query] as const,
  );
}

const read = (page: Page) =>
  page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/api/bundle');
    return { ...(await response.json()), createdAt: '' };
  });

const ENVELOPE = { format: 'gatehouse-bundle', version: 1 };

const WRONG: readonly (readonly [string, unknown, string])[] = [
  ['not JSON', '{"format"', ''],
  ['another format', { format: 'other', version: 1 }, 'format'],
  ['a later version', { ...ENVELOPE, version: 2 }, 'version'],
  ['an unknown section', { ...ENVELOPE, secrets: [] }, 'secrets'],
  [
    'an unknown field of a provider',
    { ...ENVELOPE, providers: [{ id: 'openai', baseURL: 'x' }] },
    'providers[0].baseURL',
  ],
  [
    'a scheme that is none',
    {
      ...ENVELOPE,
      providers: [
        {
          id: 'x',
          name: 'X',
          format: 'openai-chat',
          baseUrl: 'https://example.com/v1',
          auth: { scheme: 'magic' },
        },
      ],
    },
    'providers[0].auth',
  ],
  [
    'plain http to another machine',
    { ...ENVELOPE, providers: [{ id: 'openai', baseUrl: 'http://example.com/v1' }] },
    'providers[0].baseUrl',
  ],
  [
    'a key without a secret',
    { ...ENVELOPE, keys: [{ provider: 'openai', label: 'main' }] },
    'keys[0].secret',
  ],
  [
    'a key of a provider that is not there',
    { ...ENVELOPE, keys: [{ provider: 'nobody', label: 'main', secret: 'sk-x' }] },
    'keys[0].provider',
  ],
  [
    'a scope that is none',
    {
      ...ENVELOPE,
      sites: [{ origin: 'https://a.example', decision: 'allow', scopes: ['everything'] }],
    },
    'sites[0].scopes[0]',
  ],
  [
    'an origin with a path',
    { ...ENVELOPE, sites: [{ origin: 'https://a.example/path', decision: 'allow' }] },
    'sites[0].origin',
  ],
  ['routes to nowhere', { ...ENVELOPE, models: [{ id: 'turbo', routes: [] }] }, 'models[0].routes'],
];

test('a bundle is taken over, and comes back without its secrets', async ({
  configure,
  options,
  upstream,
}) => {
  await configure({
    ...openaiAt(upstream, 'http://127.0.0.1:9'),
    models: [
      {
        id: 'turbo',
        routes: [{ provider: 'openai', model: 'm1', timeoutMs: 20_000 }],
        contextWindow: 131_072,
      },
    ],
  });
  const bundle = await read(options);
  expect(bundle).toMatchObject({
    ...ENVELOPE,
    providers: [{ id: 'openai', baseUrl: upstream.url }],
    models: [{ id: 'turbo', routes: [{ provider: 'openai', model: 'm1' }] }],
    sites: [{ origin: 'http://127.0.0.1:9', decision: 'allow', scopes: ['chat'], models: ['*'] }],
  });
  expect(JSON.stringify(bundle)).not.toContain(CANARY_KEY);
});

test('dryRun tells the difference and changes nothing', async ({
  configure,
  options,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  const before = await read(options);
  const answer = await put(
    options,
    { ...ENVELOPE, sites: [{ origin: 'https://new.example', decision: 'allow' }] },
    '?mode=merge&dryRun=1',
  );
  expect(answer.status).toBe(200);
  expect(JSON.stringify(answer.body)).toContain('https://new.example');
  expect(await read(options)).toEqual(before);
});

test('each wrong bundle is refused with the path that is wrong, and changes nothing', async ({
  configure,
  options,
  upstream,
}) => {
  await configure(openaiAt(upstream, 'http://127.0.0.1:9'));
  const before = await read(options);
  for (const [name, bundle, path] of WRONG) {
    const { status, body } = await put(options, bundle);
    expect.soft(status, name).toBe(400);
    expect
      .soft(body.error.code, name)
      .toBe(name === 'not JSON' ? 'invalid_json' : 'invalid_request');
    if (path) expect.soft(`${body.error.param} ${body.error.message}`, name).toContain(path);
  }
  expect(await read(options)).toEqual(before);
});
