import { describe, expect, test, vi } from 'vitest';
import type { PermissionAnswer, PermissionQuestion, Scope } from '../ports.ts';
import {
  createMemorySession,
  createTestPorts,
  withChanges,
  type TestPorts,
} from '../testing/ports.ts';
import { createPermissions, type Permissions } from './grants.ts';
import type { QuestionOptions } from './questions.ts';

const A = 'https://notes.example.com';
const ALWAYS: PermissionAnswer = { decision: 'allow', remember: 'always' };
const SESSION: PermissionAnswer = { decision: 'allow', remember: 'session' };
const ONCE: PermissionAnswer = { decision: 'allow', remember: 'once' };
const DENY: PermissionAnswer = { decision: 'deny', remember: 'once' };

function createPermissionsOf(host: TestPorts, options?: QuestionOptions): Permissions {
  const { ports, changes } = withChanges(host);
  return createPermissions(ports, changes, options);
}

interface Asked {
  question: PermissionQuestion;
  signal: AbortSignal;
  answer(answer: PermissionAnswer): void;
}

/** A person who answers when the test says so. */
function setUp(
  given: Partial<TestPorts> = {},
  options: QuestionOptions = { waitMs: 10_000, graceMs: 200 },
) {
  const asked: Asked[] = [];
  const ports = createTestPorts({
    askUser: (question, signal) =>
      new Promise((answer) => asked.push({ question, signal, answer })),
    ...given,
  });
  const permissions = createPermissionsOf(ports, options);
  return { ports, permissions, asked };
}

/** Answers each question at once. */
function setUpAnswering(answer: PermissionAnswer, given: Partial<TestPorts> = {}) {
  const askUser = vi.fn<TestPorts['askUser']>(() => Promise.resolve(answer));
  const ports = createTestPorts({ askUser, ...given });
  return { ports, permissions: createPermissionsOf(ports), askUser };
}

interface CallOptions {
  top?: string;
  scope?: Scope;
  model?: string;
  signal?: AbortSignal;
}

const call = (
  permissions: Permissions,
  origin = A,
  { top = origin, scope = 'chat', model, signal = new AbortController().signal }: CallOptions = {},
) =>
  permissions.check({
    caller: { kind: 'site', origin, topOrigin: top },
    scope,
    ...(model !== undefined && { model }),
    signal,
  });

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'allowed',
    (error: { code?: unknown }) => (typeof error.code === 'string' ? error.code : String(error)),
  );

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for so many more questions. To be called before the calls have had time to ask. */
function next(asked: readonly Asked[], more = 1): Promise<void> {
  const count = asked.length + more;
  return vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(count), {
    timeout: 10_000,
    interval: 5,
  });
}

describe('who is asked', () => {
  test('our own pages never', async () => {
    const { permissions } = setUp();
    const grant = await permissions.check({
      caller: { kind: 'first-party' },
      scope: 'raw',
      signal: new AbortController().signal,
    });
    expect(grant.models).toEqual(['*']);
  });

  test('a site without a grant is asked about, once, with what it wants', async () => {
    const { permissions, asked } = setUp();
    const waiting = call(permissions, A, { model: 'groq/llama' });
    await next(asked);
    expect(asked.map(({ question }) => question)).toEqual([
      { origin: A, topOrigin: A, scope: 'chat', model: 'groq/llama' },
    ]);
    asked[0]!.answer(ALWAYS);
    expect((await waiting).site).toMatchObject({ origin: A, decision: 'allow', scopes: ['chat'] });
    expect(await codeOf(call(permissions))).toBe('allowed');
    expect(asked).toHaveLength(1);
  });

  test.each([
    'null',
    '',
    undefined,
    'file://',
    'data:',
    'chrome-extension://abc',
    'https://a.example/',
  ])('a page whose origin is %j is refused without a question', async (origin) => {
    const { permissions, asked } = setUp();
    for (const caller of [
      { origin: origin as string, topOrigin: A },
      { origin: A, topOrigin: origin as string },
    ])
      expect(
        await codeOf(
          permissions.check({
            caller: { kind: 'site', ...caller },
            scope: 'chat',
            signal: new AbortController().signal,
          }),
        ),
      ).toBe('origin_not_authorized');
    expect(asked).toEqual([]);
  });

  test('a cross-origin frame needs a grant for the pair', async () => {
    const { permissions, asked } = setUp();
    await permissions.save({ origin: A, decision: 'allow', scopes: ['chat'], models: ['*'] });
    await permissions.save({
      origin: 'https://shop.example',
      decision: 'allow',
      scopes: ['chat'],
      models: ['*'],
    });
    const waiting = call(permissions, A, { top: 'https://shop.example' });
    await next(asked);
    expect(asked[0]!.question).toMatchObject({ origin: A, topOrigin: 'https://shop.example' });
    asked[0]!.answer(ALWAYS);
    await waiting;
    expect(await codeOf(call(permissions, A, { top: 'https://shop.example' }))).toBe('allowed');
    const other = call(permissions, A, { top: 'https://other.example' });
    await next(asked);
    expect(asked).toHaveLength(2);
    asked[1]!.answer(DENY);
    expect(await codeOf(other)).toBe('user_rejected');
  });
});

describe('what is remembered', () => {
  test('`always` is stored and outlives the browser', async () => {
    const { permissions, ports } = setUpAnswering(ALWAYS);
    await call(permissions);
    const later = createPermissionsOf({ ...ports, session: createMemorySession() });
    expect(await codeOf(call(later))).toBe('allowed');
    expect(await later.find(A, A)).toMatchObject({ origin: A, decision: 'allow' });
  });

  test('`session` survives the worker, and ends with the browser', async () => {
    const { permissions, ports, askUser } = setUpAnswering(SESSION);
    await call(permissions);
    expect(await codeOf(call(createPermissionsOf(ports)))).toBe('allowed');
    expect(askUser).toHaveBeenCalledTimes(1);
    await call(createPermissionsOf({ ...ports, session: createMemorySession() }));
    expect(askUser).toHaveBeenCalledTimes(2);
    expect(await permissions.list()).toMatchObject([{ origin: A, session: true }]);
  });

  test('`once` covers the calls that waited, and no later one', async () => {
    const { permissions, asked } = setUp();
    const both = [call(permissions), call(permissions, A, { scope: 'models' })];
    await next(asked);
    // The second joins unseen.
    await pause(200);
    expect(asked).toHaveLength(1);
    asked[0]!.answer(ONCE);
    await Promise.all(both);
    const later = codeOf(call(permissions));
    await next(asked);
    expect(asked).toHaveLength(2);
    asked[1]!.answer(DENY);
    expect(await later).toBe('user_rejected');
  });

  test('a refusal is not remembered, a stored one is', async () => {
    const { permissions, asked } = setUp();
    for (const answer of [DENY, { ...DENY, remember: 'always' } as const]) {
      const waiting = codeOf(call(permissions));
      await next(asked);
      asked.at(-1)!.answer(answer);
      expect(await waiting).toBe('user_rejected');
    }
    expect(asked).toHaveLength(2);
    expect(await codeOf(call(permissions))).toBe('origin_not_authorized');
    expect(asked).toHaveLength(2);
  });

  test('a site without encryption is not allowed for ever, one on this computer is', async () => {
    const { permissions } = setUpAnswering(ALWAYS);
    await call(permissions, 'http://plain.example');
    await call(permissions, 'http://127.0.0.1:9200');
    const list = await permissions.list();
    expect(list.find(({ origin }) => origin === 'http://plain.example')).toMatchObject({
      session: true,
    });
    expect(list.find(({ origin }) => origin === 'http://127.0.0.1:9200')?.session).toBeUndefined();
  });

  test('the limits, scopes and models that the person chose', async () => {
    const { permissions } = setUpAnswering({
      ...ALWAYS,
      limits: { usdPerDay: 1 },
      scopes: ['chat', 'raw'],
      models: ['groq/*'],
    });
    await call(permissions);
    expect(await permissions.find(A, A)).toMatchObject({
      limits: { usdPerDay: 1 },
      scopes: ['chat', 'raw'],
      models: ['groq/*'],
    });
  });

  test('a list of models is asked for as chat, any other scope as itself', async () => {
    const { permissions, asked } = setUp();
    for (const [wanted, shown] of [
      ['models', 'chat'],
      ['embeddings', 'embeddings'],
    ] as const) {
      const origin = `https://${wanted}.example`;
      const waiting = call(permissions, origin, { scope: wanted });
      await next(asked);
      expect(asked.at(-1)!.question.scope).toBe(shown);
      asked.at(-1)!.answer(ALWAYS);
      expect((await waiting).site?.scopes).toEqual([shown]);
    }
  });

  test('a pattern covers subdomains, and a closer record goes before it', async () => {
    const { permissions, asked } = setUp();
    await permissions.save({
      origin: 'https://*.example.com',
      decision: 'allow',
      scopes: ['chat'],
      models: ['*'],
    });
    await permissions.save({
      origin: 'https://bad.example.com',
      decision: 'deny',
      scopes: ['chat'],
      models: ['*'],
    });
    expect(await codeOf(call(permissions, 'https://a.b.example.com'))).toBe('allowed');
    expect(await codeOf(call(permissions, 'https://bad.example.com'))).toBe(
      'origin_not_authorized',
    );
    expect(asked).toEqual([]);
    void codeOf(call(permissions, 'https://example.com'));
    await next(asked);
    expect(asked).toHaveLength(1);
  });
});

describe('rules that overlap', () => {
  const rule = (origin: string, decision: 'allow' | 'deny') => ({
    origin,
    decision,
    scopes: ['chat' as const],
    models: ['*'],
  });

  test.each([
    // rules, the page, what comes out
    [['+https://*.example.com'], 'https://a.example.com', 'allowed'],
    [['+https://*.example.com'], 'http://a.example.com', 'asked'],
    [['+https://*.example.com'], 'https://a.example.com:8443', 'asked'],
    [['+https://*.example.com', '-https://a.example.com'], 'https://a.example.com', 'refused'],
    [['-https://*.example.com', '+https://a.example.com'], 'https://a.example.com', 'allowed'],
    [['-https://*.example.com', '+https://*.b.example.com'], 'https://a.b.example.com', 'refused'],
    [['+https://*.example.com', '-https://*.b.example.com'], 'https://a.b.example.com', 'refused'],
    [['+https://*.example.com', '-https://*.b.example.com'], 'https://a.c.example.com', 'allowed'],
  ] as const)('%j: %s is %s', async (rules, origin, outcome) => {
    const { permissions, asked } = setUp();
    for (const text of rules)
      await permissions.save(rule(text.slice(1), text.startsWith('+') ? 'allow' : 'deny'));
    const code = codeOf(call(permissions, origin));
    if (outcome === 'asked') {
      await next(asked);
      asked[0]!.answer(DENY);
      expect(await code).toBe('user_rejected');
    } else {
      expect(await code).toBe(outcome === 'allowed' ? 'allowed' : 'origin_not_authorized');
      expect(asked).toEqual([]);
    }
  });

  test('a new refusal aborts what runs under a wider rule, and nothing else', async () => {
    const { permissions } = setUp();
    await permissions.save(rule('https://*.example.com', 'allow'));
    const one = await call(permissions, 'https://one.example.com');
    const two = await call(permissions, 'https://two.example.com');
    await permissions.save(rule('https://one.example.com', 'deny'));
    expect(one.revoked?.aborted).toBe(true);
    expect(two.revoked?.aborted).toBe(false);
    await permissions.revoke('https://*.example.com');
    expect(two.revoked?.aborted).toBe(true);
  });
});

describe('waiting for the person', () => {
  /** Resolves when so many of the calls have ended. */
  function ended(codes: Promise<string>[], count: number): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      for (const code of codes) void code.then(() => --left === 0 && resolve());
    });
  }

  test('100 calls of one site make one question, and at most 32 wait on it', async () => {
    const { permissions, asked } = setUp();
    const codes = Array.from({ length: 100 }, () => codeOf(call(permissions)));
    await ended(codes, 68);
    expect(asked).toHaveLength(1);
    asked[0]!.answer(ONCE);
    const counted = await Promise.all(codes);
    expect(counted.filter((code) => code === 'allowed')).toHaveLength(32);
    expect(counted.filter((code) => code === 'consent_pending')).toHaveLength(68);
  });

  test('200 calls of 20 sites make a short queue, and the rest are refused', async () => {
    const { permissions, asked } = setUp();
    const codes = Array.from({ length: 200 }, (_, index) =>
      codeOf(call(permissions, `https://site${index % 20}.example`)),
    );
    await ended(codes, 160);
    expect(asked).toHaveLength(4);
    for (const one of asked) one.answer(DENY);
    const counted = await Promise.all(codes);
    expect(counted.filter((code) => code === 'consent_pending')).toHaveLength(160);
    expect(counted.filter((code) => code === 'user_rejected')).toHaveLength(40);
  });

  test('many subdomains of one owner hold two places of the queue', async () => {
    const { permissions, asked } = setUp();
    const codes = Array.from({ length: 20 }, (_, index) =>
      codeOf(call(permissions, `https://s${index}.evil.example`)),
    );
    await next(asked, 2);
    expect(asked).toHaveLength(2);
    void codeOf(call(permissions, A));
    await next(asked);
    expect(asked).toHaveLength(3);
    for (const one of asked) one.answer(DENY);
    await Promise.all(codes);
  });

  test('ends after its time with `consent_pending`, and the question is withdrawn', async () => {
    const { permissions, asked } = setUp({}, { waitMs: 300, graceMs: 50 });
    expect(await codeOf(call(permissions))).toBe('consent_pending');
    await vi.waitFor(() => expect(asked[0]!.signal.aborted).toBe(true));
    expect(asked[0]!.signal.aborted).toBe(true);
  });

  test('a caller that goes away leaves the queue, and the last one takes the question along', async () => {
    const { permissions, asked } = setUp();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = codeOf(call(permissions, A, { signal: one.signal }));
    const second = codeOf(call(permissions, A, { signal: two.signal }));
    await next(asked);
    await pause(50);
    one.abort();
    expect(await first).toContain('AbortError');
    await pause(500);
    expect(asked[0]!.signal.aborted).toBe(false);
    two.abort();
    expect(await second).toContain('AbortError');
    await pause(500);
    expect(asked[0]!.signal.aborted).toBe(true);
  });

  test.each([ONCE, ALWAYS])(
    'a call that joins another’s question gets what the person read, not what it wants itself ($remember)',
    async (given) => {
      const { permissions, asked } = setUp();
      const chat = call(permissions);
      await next(asked);
      const raw = codeOf(call(permissions, A, { scope: 'raw' }));
      const images = codeOf(call(permissions, A, { scope: 'images' }));
      await pause(50);
      asked[0]!.answer(given);
      expect((await chat).site?.scopes).toEqual(['chat']);
      expect(await raw).toBe('scope_denied');
      expect(await images).toBe('scope_denied');
      expect(asked).toHaveLength(1);
    },
  );

  test('a yes to one provider’s own interface is none to another’s', async () => {
    const { permissions, asked } = setUp();
    const signal = new AbortController().signal;
    const caller = { kind: 'site', origin: A, topOrigin: A } as const;
    const raw = permissions.check({ caller, scope: 'raw', models: ['openai/*'], signal });
    await next(asked);
    const other = permissions.check({ caller, scope: 'raw', models: ['groq/*'], signal });
    await pause(50);
    expect(asked[0]!.question.models).toEqual(['openai/*']);
    asked[0]!.answer(ALWAYS);
    expect((await raw).models).toEqual(['openai/*']);
    expect((await other).models).toEqual(['openai/*']);
    expect(await permissions.find(A, A)).toMatchObject({ scopes: ['raw'], models: ['openai/*'] });
  });

  test('a reloaded page joins the question that it left', async () => {
    const { permissions, asked } = setUp();
    const page = new AbortController();
    const before = codeOf(call(permissions, A, { signal: page.signal }));
    await next(asked);
    page.abort();
    await before;
    const after = codeOf(call(permissions));
    await pause(500);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.signal.aborted).toBe(false);
    asked[0]!.answer(ONCE);
    expect(await after).toBe('allowed');
  });

  test('an answer that comes after the page left is still remembered', async () => {
    const { permissions, asked } = setUp();
    const page = new AbortController();
    const left = codeOf(call(permissions, A, { signal: page.signal }));
    await next(asked);
    page.abort();
    await left;
    asked[0]!.answer(ALWAYS);
    await vi.waitFor(async () => expect(await permissions.find(A, A)).toBeDefined());
    expect(await codeOf(call(permissions))).toBe('allowed');
  });

  test('a window that can not be opened is no permission and no refusal', async () => {
    const { permissions } = setUp({ askUser: () => Promise.reject(new Error('no window')) });
    for (let count = 0; count < 5; count++)
      expect(await codeOf(call(permissions))).toBe('origin_not_authorized');
  });

  test('keeps the worker alive until the answer', async () => {
    let held = 0;
    const { permissions, asked } = setUp({
      keepAlive: () => {
        held++;
        return () => held--;
      },
    });
    const waiting = call(permissions);
    await next(asked);
    expect(held).toBe(1);
    asked[0]!.answer(ONCE);
    await waiting;
    await vi.waitFor(() => expect(held).toBe(0));
    expect(held).toBe(0);
  });
});

describe('a storm of questions', () => {
  async function refuseThrice(permissions: Permissions, origins = [A, A, A]) {
    for (const origin of origins)
      expect(await codeOf(call(permissions, origin))).toBe('user_rejected');
  }

  test('three refusals in 30 s block the site for 60 s, then for twice as long', async () => {
    const { permissions, ports, askUser } = setUpAnswering(DENY);
    for (const seconds of [60, 120, 240]) {
      await refuseThrice(permissions);
      const error = await call(permissions).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'origin_blocked',
        status: 429,
        retryAfterMs: seconds * 1000,
      });
      ports.clock.now += seconds * 1000 - 1;
      expect(await codeOf(call(permissions))).toBe('origin_blocked');
      ports.clock.now += 1;
    }
    expect(askUser).toHaveBeenCalledTimes(9);
  });

  test('refusals that are far apart block nothing', async () => {
    const { permissions, ports } = setUpAnswering(DENY);
    for (let count = 0; count < 6; count++) {
      expect(await codeOf(call(permissions))).toBe('user_rejected');
      ports.clock.now += 16_000;
    }
  });

  test('subdomains count together, other sites do not', async () => {
    const { permissions } = setUpAnswering(DENY);
    await refuseThrice(permissions, [
      'https://a.evil.example',
      'https://b.evil.example',
      'https://c.evil.example',
    ]);
    expect(await codeOf(call(permissions, 'https://d.evil.example'))).toBe('origin_blocked');
    expect(await codeOf(call(permissions, A))).toBe('user_rejected');
  });

  test('frames of many domains in one page count together, and not against the page', async () => {
    const { permissions } = setUpAnswering(DENY);
    for (const name of ['x', 'y', 'z'])
      expect(await codeOf(call(permissions, `https://${name}.example`, { top: A }))).toBe(
        'user_rejected',
      );
    expect(await codeOf(call(permissions, 'https://w.example', { top: A }))).toBe('origin_blocked');
    expect(await codeOf(call(permissions, A))).toBe('user_rejected');
  });

  test('the block outlives the worker', async () => {
    const { permissions, ports } = setUpAnswering(DENY);
    await refuseThrice(permissions);
    expect(await codeOf(call(createPermissionsOf(ports)))).toBe('origin_blocked');
  });

  test('a blocked owner loses the questions that still stand', async () => {
    const { permissions, asked } = setUp();
    for (let count = 0; count < 2; count++) {
      const refused = codeOf(call(permissions, 'https://a.evil.example'));
      await next(asked);
      asked.at(-1)!.answer(DENY);
      await refused;
    }
    const third = codeOf(call(permissions, 'https://b.evil.example'));
    const other = codeOf(call(permissions, 'https://c.evil.example'));
    await next(asked, 2);
    asked.at(-2)!.answer(DENY);
    expect(await third).toBe('user_rejected');
    expect(await other).toBe('origin_blocked');
    expect(asked.at(-1)!.signal.aborted).toBe(true);
  });

  test('a page that opens questions and leaves is stormy too', async () => {
    const { permissions, asked } = setUp();
    for (let count = 0; count < 3; count++) {
      const page = new AbortController();
      const left = codeOf(call(permissions, A, { signal: page.signal }));
      await next(asked);
      page.abort();
      await left;
      await pause(500);
    }
    expect(asked).toHaveLength(3);
    expect(await codeOf(call(permissions))).toBe('origin_blocked');
  });

  test('yes ends it', async () => {
    const { permissions, asked } = setUp();
    for (const answer of [DENY, DENY, ONCE, DENY, DENY]) {
      const waiting = codeOf(call(permissions));
      await next(asked);
      asked.at(-1)!.answer(answer);
      await waiting;
    }
    const later = codeOf(call(permissions));
    await next(asked);
    expect(asked).toHaveLength(6);
    asked.at(-1)!.answer(DENY);
    expect(await later).toBe('user_rejected');
  });

  test('no owner is confused with what every object has', async () => {
    const { permissions } = setUpAnswering(DENY);
    for (const name of ['constructor', 'toString', '__proto__'])
      expect(await codeOf(call(permissions, `http://${name.toLowerCase()}`))).toBe('user_rejected');
  });
});

describe('a grant', () => {
  const granted = async (change: object = {}) => {
    const one = setUp();
    await one.permissions.save({
      origin: A,
      decision: 'allow',
      scopes: ['chat'],
      models: ['*'],
      ...change,
    });
    return one;
  };

  test('covers its scopes alone; `chat` includes `models`', async () => {
    const { permissions } = await granted();
    expect(await codeOf(call(permissions, A, { scope: 'models' }))).toBe('allowed');
    for (const scope of ['embeddings', 'images', 'audio', 'jobs', 'mcp', 'raw'] as const)
      expect(await codeOf(call(permissions, A, { scope }))).toBe('scope_denied');
  });

  test('covers its models alone', async () => {
    const { permissions } = await granted({ models: ['mock/echo', 'groq/llama-3*'] });
    expect(await codeOf(call(permissions, A, { model: 'mock/echo' }))).toBe('allowed');
    expect(await codeOf(call(permissions, A, { model: 'groq/llama-3.3' }))).toBe('allowed');
    expect(await codeOf(call(permissions, A, { model: 'groq/qwen' }))).toBe('scope_denied');
    expect((await call(permissions, A)).models).toEqual(['mock/echo', 'groq/llama-3*']);
  });

  test('that is revoked aborts what runs under it, and nothing else', async () => {
    const { permissions } = await granted();
    await permissions.save({
      origin: 'https://b.example',
      decision: 'allow',
      scopes: ['chat'],
      models: ['*'],
    });
    const [mine, other] = [await call(permissions), await call(permissions, 'https://b.example')];
    await permissions.revoke(A);
    expect(mine.revoked?.aborted).toBe(true);
    expect(mine.revoked?.reason).toMatchObject({ code: 'origin_not_authorized' });
    expect(other.revoked?.aborted).toBe(false);
    expect(await permissions.find(A, A)).toBeUndefined();
  });

  test('of a session or of one call can be revoked as well', async () => {
    for (const answer of [SESSION, ONCE]) {
      const { permissions } = setUpAnswering(answer);
      const grant = await call(permissions);
      await permissions.revoke(A);
      expect(grant.revoked?.aborted).toBe(true);
      expect(await permissions.list()).toEqual([]);
    }
  });

  test('that was taken away behind our back is found by a recheck', async () => {
    const { permissions, ports } = await granted();
    const grant = await call(permissions);
    await permissions.recheck();
    expect(grant.revoked?.aborted).toBe(false);
    await (await ports.openDatabase()).clear('sites');
    await permissions.recheck();
    expect(grant.revoked?.aborted).toBe(true);
  });

  test('that becomes a refusal aborts what runs', async () => {
    const { permissions } = await granted();
    const grant = await call(permissions);
    await permissions.save({ origin: A, decision: 'deny', scopes: ['chat'], models: ['*'] });
    expect(grant.revoked?.aborted).toBe(true);
    expect(await codeOf(call(permissions))).toBe('origin_not_authorized');
  });

  test('allows so many requests a minute, and says when the next one', async () => {
    const { permissions, ports } = await granted({ limits: { requestsPerMinute: 3 } });
    for (const wait of [10_000, 20_000, 5_000]) {
      await call(permissions);
      ports.clock.now += wait;
    }
    const error = await call(permissions).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'site_budget_exceeded',
      status: 429,
      retryAfterMs: 25_000,
    });
    ports.clock.now += 25_000;
    expect(await codeOf(call(permissions))).toBe('allowed');
    expect(await codeOf(call(permissions))).toBe('site_budget_exceeded');
  });

  test('holds to its requests a minute when all come at once', async () => {
    const { permissions } = await granted({ limits: { requestsPerMinute: 7 } });
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(call(permissions))));
    expect(codes.filter((code) => code === 'allowed')).toHaveLength(7);
  });

  test('ends at its time: what runs is aborted, and the site is asked about again', async () => {
    const { permissions, ports, asked } = setUp();
    ports.clock.now = Date.now();
    const expiresAt = ports.clock.now + 300;
    await permissions.save({
      origin: A,
      decision: 'allow',
      scopes: ['chat'],
      models: ['*'],
      expiresAt,
    });
    const grant = await call(permissions);
    expect(grant.revoked?.aborted).toBe(false);
    ports.clock.now = expiresAt;
    await vi.waitFor(() => expect(grant.revoked?.aborted).toBe(true));
    expect(await permissions.find(A, A)).toBeUndefined();
    const waiting = codeOf(call(permissions));
    await next(asked);
    asked[0]!.answer({ ...ALWAYS, expiresAt: expiresAt + 1_000 });
    expect(await waiting).toBe('allowed');
    expect(await permissions.find(A, A)).toMatchObject({ expiresAt: expiresAt + 1_000 });
  });
});

test.each([
  'example.com',
  'https://example.com/path',
  'https://*.com',
  'https://*.co.uk',
  'https://*.github.io',
  'null',
  'file://',
])('a record for %j is refused', async (origin) => {
  const { permissions } = setUp();
  await expect(
    permissions.save({ origin, decision: 'allow', scopes: ['chat'], models: ['*'] }),
  ).rejects.toMatchObject({ code: 'invalid_request' });
});
