import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PermissionQuestion, ProfileRecord } from '../../core/index.ts';
import { createConsentQueue, WAIT_MS } from './consent-queue.ts';

const site: PermissionQuestion = {
  origin: 'https://notes.example.com',
  topOrigin: 'https://notes.example.com',
  scope: 'chat',
  model: 'llama-3.3-70b',
};
const other: PermissionQuestion = {
  origin: 'https://shop.example',
  topOrigin: 'https://shop.example',
  scope: 'chat',
};

const noop = () => undefined;

function setUp(lacksKey = false, profiles: readonly ProfileRecord[] = []) {
  let id = 0;
  const onChange = vi.fn();
  const queue = createConsentQueue({
    now: () => Date.now(),
    randomId: () => `q${++id}`,
    lacksKey: () => Promise.resolve(lacksKey),
    isUnpriced: () => Promise.resolve(false),
    listProfiles: () => Promise.resolve(profiles),
    onChange,
  });
  return { queue, onChange, never: new AbortController().signal };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the queue of questions', () => {
  it('gives the answer to the call that asked', async () => {
    const { queue, never } = setUp();
    const asked = queue.ask(site, never, noop);
    expect(queue.prompts()).toMatchObject([{ id: 'q1', origin: site.origin, state: 'waiting' }]);
    queue.answer('q1', { decision: 'allow', remember: 'session' });
    await expect(asked).resolves.toEqual({ decision: 'allow', remember: 'session' });
    expect(queue.prompts()).toEqual([]);
  });

  it('gives the limit and the end that the person chose', async () => {
    const { queue, never } = setUp();
    const asked = queue.ask(site, never, noop);
    queue.answer('q1', { decision: 'allow', remember: 'always', usdPerDay: 0.5, days: 30 });
    await expect(asked).resolves.toEqual({
      decision: 'allow',
      remember: 'always',
      limits: { usdPerDay: 0.5 },
      expiresAt: Date.now() + 30 * 24 * 3_600_000,
    });
  });

  it('gives all that the person chose, and of the models only what the question names', async () => {
    const { queue, never } = setUp();
    const asked = queue.ask({ ...site, only: ['groq/llama-3.3-70b'] }, never, noop);
    queue.answer('q1', {
      decision: 'allow',
      remember: 'always',
      tokensPerDay: 10_000,
      requestsPerMinute: 30,
      concurrentRequests: 2,
      onlyAsked: true,
      moreScopes: ['images', 'chat'],
      profile: 'work',
    });
    await expect(asked).resolves.toEqual({
      decision: 'allow',
      remember: 'always',
      limits: { tokensPerDay: 10_000, requestsPerMinute: 30, concurrentRequests: 2 },
      scopes: ['chat', 'images'],
      models: ['groq/llama-3.3-70b'],
      profile: 'work',
    });
  });

  it('offers no profile, and takes none, where the question names its models', async () => {
    const { queue, never } = setUp(false, [{ id: 'work', name: 'Work' }]);
    const asked = queue.ask({ ...site, scope: 'raw', models: ['openai/*'] }, never, noop);
    void queue.ask(other, never, noop);
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.prompts().map(({ profiles }) => profiles.length)).toEqual([0, 1]);
    queue.answer('q1', { decision: 'allow', remember: 'once', profile: 'work', onlyAsked: true });
    await expect(asked).resolves.toEqual({ decision: 'allow', remember: 'once' });
  });

  it('lets calls of the same site join one question, and starts its time anew', async () => {
    const { queue, onChange, never } = setUp();
    const first = queue.ask(site, never, noop);
    const deadline = queue.prompts()[0]!.deadline;
    vi.advanceTimersByTime(5_000);
    const second = queue.ask({ ...site, scope: 'models', model: undefined }, never, noop);
    expect(onChange).toHaveBeenLastCalledWith({ joined: true });
    expect(queue.prompts()).toHaveLength(1);
    expect(queue.prompts()[0]!.deadline).toBe(deadline + 5_000);
    expect(queue.prompts()[0]!.model).toBe('llama-3.3-70b');
    queue.answer('q1', { decision: 'deny', remember: 'once' });
    await expect(Promise.all([first, second])).resolves.toEqual([
      { decision: 'deny', remember: 'once' },
      { decision: 'deny', remember: 'once' },
    ]);
  });

  it('asks again where a call wants more than the question in front shows', () => {
    const { queue, never } = setUp();
    void queue.ask({ ...site, scope: 'models' }, never, noop);
    void queue.ask(site, never, noop);
    expect(queue.prompts().map((prompt) => prompt.scope)).toEqual(['models', 'chat']);
  });

  it('asks again where a call would go to another provider’s own interface', () => {
    const { queue, never } = setUp();
    const raw = { ...site, scope: 'raw', model: undefined } as const;
    void queue.ask({ ...raw, provider: 'OpenAI', models: ['openai/*'] }, never, noop);
    void queue.ask({ ...raw, provider: 'Groq', models: ['groq/*'] }, never, noop);
    void queue.ask({ ...raw, provider: 'Groq', models: ['groq/*'] }, never, noop);
    expect(queue.prompts().map((prompt) => prompt.provider)).toEqual(['OpenAI', 'Groq']);
  });

  it('keeps a frame and the page around it apart', () => {
    const { queue, never } = setUp();
    void queue.ask(site, never, noop);
    void queue.ask({ ...site, topOrigin: 'https://shop.example' }, never, noop);
    expect(queue.prompts()).toHaveLength(2);
  });

  it('queues other sites in order and answers them one by one', async () => {
    const { queue, never } = setUp();
    const first = queue.ask(site, never, noop);
    const second = queue.ask(other, never, noop);
    queue.answer('q1', { decision: 'deny', remember: 'once' });
    await expect(first).resolves.toMatchObject({ decision: 'deny' });
    expect(queue.prompts()).toMatchObject([{ id: 'q2', origin: other.origin }]);
    queue.answer('q2', { decision: 'allow', remember: 'always' });
    await expect(second).resolves.toMatchObject({ decision: 'allow' });
  });

  it('refuses everything at once', async () => {
    const { queue, never } = setUp();
    const asked = [queue.ask(site, never, noop), queue.ask(other, never, noop)];
    queue.refuseAll();
    await expect(Promise.all(asked)).resolves.toEqual([
      { decision: 'deny', remember: 'once' },
      { decision: 'deny', remember: 'once' },
    ]);
    expect(queue.prompts()).toEqual([]);
  });

  it('tells the person when the last caller went away, and keeps the question until it is seen', async () => {
    const { queue } = setUp();
    const one = new AbortController();
    const two = new AbortController();
    const first = queue.ask(site, one.signal, noop);
    const second = queue.ask(site, two.signal, noop);
    one.abort(new Error('tab closed'));
    await expect(first).rejects.toThrow('tab closed');
    expect(queue.prompts()[0]!.state).toBe('waiting');
    two.abort(new Error('tab closed'));
    await expect(second).rejects.toThrow('tab closed');
    expect(queue.prompts()[0]!.state).toBe('gone');
    queue.dismiss('q1');
    expect(queue.prompts()).toEqual([]);
  });

  it('takes up the question of a page that was reloaded', async () => {
    const { queue, never } = setUp();
    const gone = new AbortController();
    queue.ask(site, gone.signal, noop).catch(() => undefined);
    gone.abort();
    const again = queue.ask(site, never, noop);
    expect(queue.prompts()).toMatchObject([{ id: 'q1', state: 'waiting' }]);
    queue.answer('q1', { decision: 'allow', remember: 'once' });
    await expect(again).resolves.toMatchObject({ decision: 'allow' });
  });

  it('asks for more time for someone who is there', () => {
    const { queue, never } = setUp();
    const extend = vi.fn();
    void queue.ask(site, never, extend);
    vi.advanceTimersByTime(50_000);
    queue.extend('q1');
    expect(extend).toHaveBeenCalledOnce();
    expect(queue.prompts()[0]!.deadline).toBe(Date.now() + WAIT_MS);
  });

  it('refuses to ask for a call that is gone already', async () => {
    const { queue } = setUp();
    await expect(queue.ask(site, AbortSignal.abort(new Error('gone')), noop)).rejects.toThrow(
      'gone',
    );
    expect(queue.prompts()).toEqual([]);
  });

  it('ignores an answer to a question that is not open', () => {
    const { queue } = setUp();
    expect(queue.answer('q9', { decision: 'allow', remember: 'always' })).toBeUndefined();
  });

  it('says so where no key could serve the call', async () => {
    const { queue, never } = setUp(true);
    void queue.ask(site, never, noop);
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.prompts()[0]!.noKey).toBe(true);
  });
});
