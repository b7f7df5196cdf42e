/** OAuth credentials renew themselves: once for all, written down first, and never over another key. */
import { describe, expect, it } from 'vitest';
import type { Caller } from '../ports.ts';
import { createRouter } from '../router.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createLocks, type Proof } from './locks.ts';

const DEVICE: Proof = { kind: 'device', value: undefined };
const PASSWORD: Proof = { kind: 'password', value: 'correct horse' };

const FIRST_PARTY: Caller = { kind: 'first-party' };
const BASE = 'https://gatehouse.invalid';
const TOKEN_URL = 'https://auth.example.com/token';
const BOX = 'https://box.example/v1';

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });

/** A token server that rotates refresh tokens, and a provider that takes its last access token. */
function createWorld() {
  const world = {
    /** Access and refresh tokens are `access-…-1`, `refresh-…-1`, and so on. */
    turn: 1,
    life: 3600 as number | undefined,
    rotates: true,
    asked: [] as URLSearchParams[],
    sent: [] as (string | null)[],
    /** In place of the token server's answer. */
    answer: undefined as (() => Response | Promise<Response>) | undefined,
    /** Held back until it is resolved. */
    gate: undefined as Promise<void> | undefined,
    /** Of the provider, in place of its answer. */
    refuse: undefined as ((token: string | null) => Response | undefined) | undefined,
  };
  const access = (turn: number) => `access-token-0123456789-${turn}`;
  const refresh = (turn: number) => `refresh-token-0123456789-${turn}`;
  const ports = createTestPorts({
    async fetch(request) {
      if (request.url === TOKEN_URL) {
        const form = new URLSearchParams(await request.text());
        world.asked.push(form);
        await world.gate;
        if (world.answer) return world.answer();
        if (form.get('refresh_token') !== refresh(world.turn))
          return json(400, { error: 'invalid_grant' });
        world.turn += 1;
        return json(200, {
          access_token: access(world.turn),
          token_type: 'Bearer',
          expires_in: world.life,
          ...(world.rotates && { refresh_token: refresh(world.turn) }),
        });
      }
      const token = request.headers.get('authorization');
      world.sent.push(token);
      const refused = world.refuse?.(token);
      if (refused) return refused;
      if (token !== `Bearer ${access(world.turn)}`)
        return json(401, { error: { message: `bad token ${token}` } });
      if (request.url.endsWith('/embeddings'))
        return json(200, { object: 'list', data: [{ index: 0, embedding: [1] }], model: 'm1' });
      if (request.method === 'GET') return json(200, { data: [{ id: 'm1' }] });
      return json(200, {
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm1',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
        ],
      });
    },
  });
  const text = (change: object = {}) =>
    JSON.stringify({
      type: 'oauth',
      access_token: access(1),
      expires_at: ports.now() / 1000 + 3600,
      refresh_token: refresh(1),
      token_url: TOKEN_URL,
      client_id: 'client-1',
      client_secret: 'client-secret-0123456789',
      ...change,
    });
  return { world, ports, access, refresh, text };
}

async function setUp(change: object = {}) {
  const created = createWorld();
  const { ports } = created;
  const router = createRouter(ports);
  const { handle, control } = router;
  const put = async (bundle: object, query = '') => {
    const answer = await handle(
      new Request(`${BASE}/api/bundle${query}`, {
        method: 'PUT',
        body: JSON.stringify({ format: 'gatehouse-bundle', version: 1, ...bundle }),
      }),
      FIRST_PARTY,
    );
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  await put({
    createdAt: '2026-11-20T12:00:00Z',
    providers: [{ id: 'box', name: 'Box', format: 'openai-chat', baseUrl: BOX }],
  });
  const [key] = await control.addKeys([{ provider: 'box', secret: created.text(change) }]);
  const callOn =
    (on = handle) =>
    (stream = false) =>
      on(
        new Request(`${BASE}/v1/chat/completions`, {
          method: 'POST',
          body: JSON.stringify({
            model: 'box/m1',
            stream,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        }),
        FIRST_PARTY,
      );
  const record = async () => (await ports.openDatabase()).get('keys', key!.id);
  const view = async () =>
    (await control.listProviders()).find(({ id }) => id === 'box')!.keys.find(Boolean);
  return {
    ...created,
    handle,
    router,
    control,
    key: key!,
    call: callOn(),
    callOn,
    record,
    view,
    put,
  };
}

const messageOf = async (answer: Response) =>
  ((await answer.json()) as { error: { message: string; code: string } }).error;

describe('an OAuth credential', () => {
  it('is renewed a minute before its token ends, once for fifty calls at a time', async () => {
    const { world, ports, call, refresh, access, view } = await setUp();
    expect((await call()).status).toBe(200);
    ports.clock.now += 3_539_000;
    expect((await call()).status).toBe(200);
    expect(world.asked).toHaveLength(0);
    ports.clock.now += 1_000;
    const answers = await Promise.all(Array.from({ length: 50 }, () => call()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(world.asked.map((form) => Object.fromEntries(form))).toEqual([
      {
        grant_type: 'refresh_token',
        refresh_token: refresh(1),
        client_id: 'client-1',
        client_secret: 'client-secret-0123456789',
      },
    ]);
    expect(new Set(world.sent.slice(2))).toEqual(new Set([`Bearer ${access(2)}`]));
    expect(await view()).toMatchObject({
      preview: 'acce…89-2',
      token: { renews: true, until: ports.clock.now + 3_600_000 },
    });
    // The next one goes with the refresh token that came along.
    ports.clock.now += 3_600_000;
    expect((await call()).status).toBe(200);
    expect(world.asked.at(-1)?.get('refresh_token')).toBe(refresh(2));
  });

  it('keeps its refresh token where the server does not rotate it, and may have no access token yet', async () => {
    const { world, ports, call, refresh } = await setUp({ access_token: undefined });
    world.rotates = false;
    expect((await call()).status).toBe(200);
    world.turn = 1; // the server goes on with the first
    ports.clock.now += 3_600_000;
    expect((await call()).status).toBe(200);
    expect(world.asked.map((form) => form.get('refresh_token'))).toEqual([refresh(1), refresh(1)]);
  });

  it('is renewed once where the server gives the same access token for longer', async () => {
    const { world, ports, call, access } = await setUp();
    world.answer = () => json(200, { access_token: access(1), expires_in: 3600 });
    ports.clock.now += 3_600_000;
    const answers = await Promise.all(Array.from({ length: 20 }, () => call()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.asked).toHaveLength(1);
  });

  it('is renewed once by two workers at a time', async () => {
    const { world, ports, call, callOn } = await setUp();
    const other = callOn(createRouter(ports).handle);
    ports.clock.now += 3_600_000;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? call() : other())),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.asked).toHaveLength(1);
  });

  it.each([false, true])(
    'that is refused with a 401 is renewed, and asked once more (stream: %s)',
    async (stream) => {
      const { world, call, access, control } = await setUp({ expires_at: 'never' });
      world.turn = 1;
      const revoked = `Bearer ${access(1)}`;
      world.refuse = (token) =>
        token === revoked ? json(401, { error: { message: 'expired token' } }) : undefined;
      const answers = await Promise.all(Array.from({ length: 8 }, () => call(stream)));
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get('x-gatehouse-attempts')).toBe('2');
        await answer.text();
      }
      expect(world.asked).toHaveLength(1);
      const causesOf = async () =>
        (await control.requestLog())[0]?.attempts?.map(({ cause }) => cause);
      await expect.poll(causesOf).toEqual(['first', 'renewal']);
    },
  );

  it.each([
    ['POST', '/v1/embeddings', { model: 'box/m1', input: 'Hi' }],
    ['GET', '/box/models', undefined],
    ['POST', '/box/chat/completions', { model: 'm1', messages: [] }],
  ])('that is refused is renewed for %s %s too', async (method, path, body) => {
    const { world, handle, access } = await setUp({ access_token: 'old-token-0123456789' });
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const answer = await handle(new Request(BASE + path, init), FIRST_PARTY);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toMatch(/token-0123456789/);
    expect(world.sent).toEqual(['Bearer old-token-0123456789', `Bearer ${access(2)}`]);
    expect(world.asked).toHaveLength(1);
  });

  it('that is refused again is renewed no second time', async () => {
    const { world, call, view } = await setUp();
    world.refuse = (token) => json(401, { error: { message: `never ${token}` } });
    const answer = await call();
    expect(answer.status).toBe(401);
    const { message, code } = await messageOf(answer);
    expect(code).toBe('key_refused');
    expect(message).not.toMatch(/access-token|refresh-token/);
    expect(world.asked).toHaveLength(1);
    expect(world.sent).toHaveLength(2);
    await expect.poll(async () => (await view())?.check?.state).toBe('invalid');
  });

  it('renews itself for a check of the key and for the list of models too', async () => {
    const { world, control, key, access } = await setUp();
    const revoked = `Bearer ${access(1)}`;
    world.refuse = (token) => (token === revoked ? json(401, { error: 'no' }) : undefined);
    expect(await control.checkKey(key.id)).toMatchObject({ state: 'valid', models: 1 });
    expect(world.asked).toHaveLength(1);
    const second = `Bearer ${access(2)}`;
    world.refuse = (token) => (token === second ? json(401, { error: 'no' }) : undefined);
    await control.refreshModels('box');
    expect(world.asked).toHaveLength(2);
    expect(world.sent.at(-1)).toBe(`Bearer ${access(3)}`);
  });

  it.each([
    ['500', () => json(500, { error: 'server_error' })],
    ['429', () => json(429, {})],
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['no token', () => json(200, { ok: true })],
    ['a token that no header takes', () => json(200, { access_token: 'a\nb' })],
    ['nothing', () => Promise.reject(new TypeError('Failed to fetch refresh-token-0123456789-1'))],
  ])(
    'keeps its token while that holds, and is not refused, where the token server answers %s',
    async (_, answer) => {
      const { world, ports, call, view } = await setUp();
      world.answer = answer;
      ports.clock.now += 3_590_000;
      for (let index = 0; index < 3; index++) expect((await call()).status).toBe(200);
      expect(world.asked, 'a server that has just failed rests').toHaveLength(1);
      ports.clock.now += 20_000;
      const failed = await call();
      expect(failed.status).toBe(502);
      const { message, code } = await messageOf(failed);
      expect(code).toBe('provider_error');
      expect(message).toContain('could not be renewed');
      expect(message).not.toContain('refresh-token');
      expect(await view()).toMatchObject({ token: { renews: true } });
      expect((await view())?.check).toBeUndefined();
      expect((await view())?.token?.refused).toBeUndefined();
      world.answer = undefined;
      ports.clock.now += 60_000;
      expect((await call()).status).toBe(200);
    },
  );

  it('that the token server renews no more says so, and is tried again only by the person', async () => {
    const { world, ports, call, view, control, key, text, access, refresh } = await setUp();
    world.answer = () => json(400, { error: 'invalid_grant', error_description: refresh(1) });
    ports.clock.now += 3_590_000;
    expect((await call()).status, 'the token holds for ten seconds more').toBe(200);
    expect(await view()).toMatchObject({
      token: { renews: true, refused: 'invalid_grant' },
    });
    ports.clock.now += 20_000;
    const refused = await call();
    expect(refused.status).toBe(401);
    expect(await messageOf(refused)).toMatchObject({
      code: 'key_refused',
      message: expect.stringMatching(/is renewed no more \(invalid_grant\)\. Connect again/),
    });
    await call();
    expect(world.asked, 'the server is not asked again').toHaveLength(1);
    await expect.poll(async () => (await view())?.check?.state).toBe('invalid');
    expect(await control.checkKey(key.id)).toMatchObject({ state: 'invalid' });
    expect(world.asked).toHaveLength(2);
    world.answer = undefined;
    expect(await control.checkKey(key.id)).toMatchObject({ state: 'valid' });
    expect((await view())?.token).toEqual({ renews: true, until: ports.clock.now + 3_600_000 });
    await control.replaceKey(
      key.id,
      text({ access_token: access(2), refresh_token: refresh(2), expires_at: 'never' }),
    );
    expect((await view())?.token).toEqual({ renews: true });
    expect((await call()).status).toBe(200);
  });

  it('without a refresh token says what to do once it has expired', async () => {
    const { ports, call, world } = await setUp({ refresh_token: undefined });
    ports.clock.now += 3_599_000;
    expect((await call()).status).toBe(200);
    ports.clock.now += 1_000;
    const answer = await call();
    expect(answer.status).toBe(401);
    expect(await messageOf(answer)).toMatchObject({
      code: 'key_refused',
      message: expect.stringContaining('has expired, and it has no refresh token'),
    });
    expect(world.asked).toHaveLength(0);
  });

  it('leaves its turn to the provider’s other keys where it can not be renewed', async () => {
    const { world, ports, call, control, access } = await setUp();
    await control.addKeys([{ provider: 'box', secret: access(1) }]);
    world.answer = () => json(400, { error: 'invalid_grant' });
    ports.clock.now += 3_600_000;
    for (let index = 0; index < 4; index++) expect((await call()).status).toBe(200);
  });

  /** Renews, with the answer held back until `meanwhile` is over. */
  async function renewWhile(
    meanwhile: (world: Awaited<ReturnType<typeof setUp>>) => Promise<unknown>,
  ) {
    const all = await setUp();
    const { world, ports, call } = all;
    const { promise, resolve } = Promise.withResolvers<void>();
    world.gate = promise;
    ports.clock.now += 3_600_000;
    const answer = call();
    await expect.poll(() => world.asked.length).toBe(1);
    await meanwhile(all);
    resolve();
    return { ...all, answer: await answer };
  }

  it('stays deleted where it is deleted while it is renewed', async () => {
    const { answer, record, ports, world } = await renewWhile(({ control, key }) =>
      control.deleteKey(key.id),
    );
    expect(answer.status).toBe(401);
    expect((await messageOf(answer)).code).toBe('no_provider_key');
    expect(world.sent).toEqual([]);
    expect(await record()).toBeUndefined();
    const backup: unknown = await (await ports.openDatabase()).get('state', 'vault backup');
    expect(backup).toMatchObject({ keys: [] });
  });

  it('is the new one where it is replaced while it is renewed', async () => {
    const { answer, world, view } = await renewWhile(({ control, key }) =>
      control.replaceKey(key.id, 'sk-another-key-0123456789'),
    );
    expect(world.sent).toEqual(['Bearer sk-another-key-0123456789']);
    expect(answer.status).toBe(401);
    expect(await view()).toMatchObject({ preview: 'sk-a…6789' });
    expect((await view())?.token).toBeUndefined();
  });

  it('is saved under the new vault key where that is rotated while it is renewed', async () => {
    const { answer, world, ports, call } = await renewWhile(({ ports }) =>
      createLocks(ports).rotate({ keep: [DEVICE] }),
    );
    expect(answer.status).toBe(200);
    ports.clock.now += 3_600_000;
    expect((await call()).status).toBe(200);
    expect(world.asked).toHaveLength(2);
  });

  it('loses no refresh token where the vault is locked while it is renewed', async () => {
    const all = await setUp();
    const { world, ports, call, control, refresh } = all;
    const locks = createLocks(ports);
    const [deviceSlot] = await locks.list();
    await locks.change(DEVICE, { add: [{ proof: PASSWORD }], remove: [deviceSlot!.id] });
    const laterUnlocked = async () => {
      ports.clock.now += 3_600_000;
      await control.unlockVault(await locks.open(PASSWORD));
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    world.gate = promise;
    await control.lockVault();
    await laterUnlocked();
    const answer = call();
    await expect.poll(() => world.asked.length).toBe(1);
    await control.lockVault();
    resolve();
    expect((await answer).status, 'what is in flight goes on').toBe(200);
    expect((await call()).status).toBe(401);
    await laterUnlocked();
    expect((await call()).status).toBe(200);
    expect(world.asked.map((form) => form.get('refresh_token'))).toEqual([refresh(1), refresh(2)]);
  });

  it('comes through a bundle whole, and once', async () => {
    const { put, view, text, world, ports, call, refresh } = await setUp();
    const secret = text({ scope: 'a b' });
    const entry = { provider: 'box', label: 'carried', secret };
    const bundle = { createdAt: '2026-11-20T12:00:00Z', keys: [entry] };
    expect((await put(bundle, '?mode=replace')).status).toBe(200);
    expect(await put(bundle, '?mode=merge')).toMatchObject({
      body: { keys: { add: [], overwrite: [] } },
    });
    expect(await view()).toMatchObject({
      label: 'carried',
      preview: 'acce…89-1',
      token: { renews: true },
    });
    const { status, body } = await put({
      ...bundle,
      keys: [{ ...entry, secret: secret.replace('https://auth', 'http://auth') }],
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('token_url must be https and public');
    expect(JSON.stringify(body)).not.toContain(refresh(1));
    ports.clock.now += 3_600_000;
    expect((await call()).status).toBe(200);
    expect(world.asked[0]?.get('scope')).toBe('a b');
  });
});
