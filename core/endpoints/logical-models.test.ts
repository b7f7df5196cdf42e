import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../ports.ts';
import { createLogicalModels } from '../storage/logical-models.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createTestRouter, FIRST_PARTY, SITE, type TestRouter } from '../testing/parts.ts';

const ROUTES = [{ provider: 'groq', model: 'llama', when: { hasTools: true }, timeoutMs: 9000 }];
let router: TestRouter;
let ports: TestPorts;
beforeEach(() => {
  ports = createTestPorts();
  router = createTestRouter({ parts: { logicalModels: createLogicalModels(ports) } });
});

async function call(
  method: string,
  path = '',
  body?: unknown,
  caller: Caller = FIRST_PARTY,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const request = new Request(`https://gatehouse.invalid/api/models${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await router.handle(request, caller);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
const idsOf = async () =>
  ((await call('GET')).body.data as { id: string }[]).map(({ id }) => id).join();

describe('/api/models', () => {
  it('makes, lists, replaces and removes the person’s own models', async () => {
    expect(await call('POST', '', { id: 'turbo', routes: ROUTES })).toEqual({
      status: 201,
      body: { id: 'turbo', routes: ROUTES },
    });
    const slow = { routes: ROUTES, fallbacks: ['turbo'], hedgeAfterMs: 500 };
    expect(await call('PUT', '/my%2Fslow', slow)).toEqual({
      status: 200,
      body: { ...slow, id: 'my/slow' },
    });
    expect((await call('GET')).body).toEqual({
      object: 'list',
      data: [
        { ...slow, id: 'my/slow' },
        { id: 'turbo', routes: ROUTES },
      ],
    });
    await call('PUT', '/my%2Fslow', { routes: ROUTES });
    expect((await call('GET')).body.data).toContainEqual({ id: 'my/slow', routes: ROUTES });
    expect(await call('DELETE', '/turbo')).toEqual({
      status: 200,
      body: { id: 'turbo', deleted: true },
    });
    expect(await idsOf()).toBe('my/slow');
    expect(ports.changes.filter(({ topic }) => topic === 'models')).toHaveLength(4);
  });

  const route = ROUTES[0]!;
  // prettier-ignore
  it.each<[string, string, string, object, number, string]>([
    ['no routes',            'POST', '',       { id: 'x', routes: [] },                                        400, 'routes'],
    ['a wrong time',         'POST', '',       { id: 'x', routes: [route, { ...route, timeoutMs: -1 }] },      400, 'routes[1].timeoutMs'],
    ['an unknown condition', 'POST', '',       { id: 'x', routes: [{ ...route, when: { isTuesday: true } }] }, 400, 'routes[0].when'],
    ['an unknown wire',      'POST', '',       { id: 'x', routes: [{ ...route, wire: 'soap' }] },              400, 'routes[0].wire'],
    ['11 retries',           'POST', '',       { id: 'x', routes: ROUTES, toolEnforcement: { enabled: true, maxRetries: 11 } }, 400, 'toolEnforcement.maxRetries'],
    ['a name in use',        'POST', '',       { id: 'a', routes: ROUTES },                                    409, 'id'],
    ['a reserved name',      'POST', '',       { id: 'AUTO', routes: ROUTES },                                 400, 'id'],
    ['two names',            'PUT',  '/a',     { id: 'b', routes: ROUTES },                                    400, 'id'],
    ['an unknown fallback',  'PUT',  '/a',     { routes: ROUTES, fallbacks: ['b', 'nope'] },                   400, 'fallbacks[1]'],
    ['a circle',             'PUT',  '/a',     { routes: ROUTES, fallbacks: ['b'] },                           400, 'fallbacks'],
    ['itself as a fallback', 'PUT',  '/a',     { routes: ROUTES, fallbacks: ['a'] },                           400, 'fallbacks'],
  ])('refuses %s, with the path that is wrong, and changes nothing', async (_name, method, path, body, status, param) => {
    await call('POST', '', { id: 'a', routes: ROUTES });
    await call('POST', '', { id: 'b', routes: ROUTES, fallbacks: ['a'] });
    const before = (await call('GET')).body;
    const answer = await call(method, path, body);
    expect([answer.status, answer.body.error]).toMatchObject([
      status,
      { code: 'invalid_request', param },
    ]);
    expect((await call('GET')).body).toEqual(before);
  });

  it('knows no model to remove that is not there', async () => {
    const { status, body } = await call('DELETE', '/none');
    expect([status, body.error]).toMatchObject([404, { code: 'model_not_found' }]);
  });

  it.each([
    ['GET', ''],
    ['POST', ''],
    ['PUT', '/a'],
    ['DELETE', '/a'],
  ])('is not for sites: %s %s', async (method, path) => {
    await call('POST', '', { id: 'a', routes: ROUTES });
    const body = method === 'GET' || method === 'DELETE' ? undefined : { id: 'a', routes: ROUTES };
    const answer = await call(method, path, body, SITE);
    expect([answer.status, answer.body.error]).toMatchObject([403, { code: 'scope_denied' }]);
    expect(await idsOf()).toBe('a');
  });

  it('leaves the lists of providers where they are, for sites too', async () => {
    await call('POST', '', { id: 'free', routes: ROUTES });
    await call('POST', '', { id: 'mock', routes: ROUTES });
    expect((await call('GET', '/free', undefined, SITE)).body).toEqual({ count: 0, models: [] });
    expect((await call('GET', '/mock', undefined, SITE)).body).toMatchObject({ object: 'list' });
  });
});
