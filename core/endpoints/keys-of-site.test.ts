/** Row SP1: which of the person's keys a site may use. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completionOf, sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, errorOf, providerAt, SITE } from '../testing/parts.ts';

const WORK = 'sk-work-0123456789';
const HOME = 'sk-home-0123456789';
const OTHER = 'sk-other-0123456789';

let upstream: Loopback;
let refused: string | undefined;
beforeEach(async () => {
  refused = undefined;
  upstream = await serve((response, { headers }) => {
    if (headers.authorization === `Bearer ${refused}`)
      sendJson(response, { error: { message: 'Slow down' } }, 429);
    else sendJson(response, completionOf('Hi'));
  });
});
afterEach(() => upstream.close());

function start(keys: string[] | undefined) {
  return createTestRouter({
    providers: [
      providerAt(upstream.origin, { id: 'box' }),
      providerAt(upstream.origin, { id: 'two' }),
      providerAt(upstream.origin, { id: 'open', auth: { scheme: 'none' } }),
    ],
    keys: { box: [WORK, HOME], two: [OTHER] },
    grant: { scopes: ['chat', 'raw'], ...(keys && { keys }) },
  });
}
const BODY = { messages: [{ role: 'user', content: 'Hi' }] };
const sentKeys = () => upstream.received.map(({ headers }) => headers.authorization?.slice(7));

describe('a site that may use some keys', () => {
  // `keys` of the grant; the keys that four calls in turn are sent with
  it.each([
    [undefined, [WORK, HOME, WORK, HOME]],
    [[`box/${HOME}`], [HOME, HOME, HOME, HOME]],
    [
      [`box/${WORK}`, `two/${OTHER}`],
      [WORK, WORK, WORK, WORK],
    ],
  ])('with %j', async (keys, expected) => {
    const router = start(keys);
    for (let call = 0; call < 4; call++)
      expect((await router.chat({ ...BODY, model: 'box/m' }, { caller: SITE })).status).toBe(200);
    expect(sentKeys()).toEqual(expected);
  });

  it.each([[[]], [[`two/${OTHER}`]], [['box/of another name']]])(
    'is refused where none of them is the provider’s: %j',
    async (keys) => {
      const router = start(keys);
      const answer = await router.chat({ ...BODY, model: 'box/m' }, { caller: SITE });
      const error = await errorOf(answer);
      expect(error).toMatchObject({ code: 'no_provider_key' });
      expect(error.message).toContain('This site may use none of the keys');
      const raw = await router.chat(BODY, { caller: SITE, path: '/box/chat/completions' });
      expect((await errorOf(raw)).code).toBe('no_provider_key');
      expect(upstream.received).toEqual([]);
    },
  );

  it('goes on to a route whose key it may use, and to one that needs none', async () => {
    const router = start([`two/${OTHER}`]);
    expect(
      (await router.chat({ ...BODY, model: 'box/m,two/m' }, { caller: SITE })).headers.get(
        'x-gatehouse-provider',
      ),
    ).toBe('two');
    expect((await router.chat({ ...BODY, model: 'open/m' }, { caller: SITE })).status).toBe(200);
    expect(sentKeys()).toEqual([OTHER, undefined]);
  });

  it('does not fall back on a key that is not its own', async () => {
    refused = HOME;
    const router = start([`box/${HOME}`]);
    const answer = await router.chat({ ...BODY, model: 'box/m' }, { caller: SITE });
    expect(answer.status).toBe(429);
    expect(sentKeys()).toEqual([HOME]);
  });

  it('says nothing of it to our own pages', async () => {
    const router = start([]);
    expect((await router.chat({ ...BODY, model: 'box/m' })).status).toBe(200);
  });
});
