/** Row SP9: a key that a page brings along. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, errorOf, providerAt, SITE } from '../testing/parts.ts';

const OWN = 'gsk_own_key_of_the_page_0123456789';
const SAVED = 'gsk_saved_key_of_the_person_012345';

let upstream: Loopback;
let status = 200;
beforeEach(async () => {
  status = 200;
  upstream = await serve((response) =>
    sendJson(
      response,
      status === 200
        ? {
            id: 'a',
            model: 'm',
            choices: [
              {
                index: 0,
                message: { role: 'assistant', content: 'Hi' },
                finish_reason: 'stop',
              },
            ],
          }
        : { error: { message: `Refused: ${OWN}` } },
      status,
    ),
  );
});
afterEach(() => upstream.close());

function start(ownKeys?: boolean) {
  const box = providerAt(upstream.origin, { keyPrefixes: ['gsk_'] });
  const router = createTestRouter({
    providers: [
      box,
      { ...box, id: 'other', name: 'Other', keyPrefixes: ['csk-'] },
      { ...box, id: 'behind', name: 'Behind', gateway: { through: 'box' } },
    ],
    keys: { box: [SAVED], other: ['csk-saved-0123456789'], behind: ['gsk_saved_behind_0123456'] },
    grant: { scopes: ['chat', 'raw'], ...(ownKeys !== undefined && { ownKeys }) },
  });
  const ask = (headers: Record<string, string>, model = 'box/m', path?: string) =>
    router.chat(
      { model, messages: [{ role: 'user', content: 'Hi' }] },
      { caller: SITE, headers, ...(path !== undefined && { path }) },
    );
  return { router, ask };
}
const sentKeys = () => upstream.received.map(({ headers }) => headers.authorization);
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('a key that a page brings along', () => {
  it.each([undefined, false])('is ignored where the site’s record says %s', async (ownKeys) => {
    const { ask } = start(ownKeys);
    expect((await ask(bearer(OWN))).status).toBe(200);
    expect(sentKeys()).toEqual([`Bearer ${SAVED}`]);
  });

  it.each([
    ['authorization', `Bearer ${OWN}`],
    ['x-api-key', OWN],
    ['x-goog-api-key', OWN],
  ])('is used in %s for its call alone, where the person let the site', async (name, value) => {
    const { ask } = start(true);
    await ask({ [name]: value });
    await ask({});
    expect(sentKeys()).toEqual([`Bearer ${OWN}`, `Bearer ${SAVED}`]);
  });

  it('is used by a provider’s own interface too', async () => {
    const { ask } = start(true);
    expect((await ask(bearer(OWN), 'm', '/box/chat/completions')).status).toBe(200);
    expect(sentKeys()).toEqual([`Bearer ${OWN}`]);
  });

  it('goes to no provider whose keys look otherwise, and through no gateway', async () => {
    const { ask } = start(true);
    await ask(bearer(OWN), 'other/m');
    await ask(bearer(OWN), 'behind/m');
    expect(sentKeys()).toHaveLength(2);
    expect(sentKeys().join()).not.toContain(OWN);
  });

  it.each(['gatehouse', 'sk-placeholder', 'dummy', 'gsk_ with spaces and more'])(
    'is none where it is “%s”',
    async (word) => {
      const { ask } = start(true);
      await ask(bearer(word));
      expect(sentKeys()).toEqual([`Bearer ${SAVED}`]);
    },
  );

  it('that is refused is not stepped in for, cools nothing, and is not told back', async () => {
    const { router, ask } = start(true);
    for (status of [401, 429]) {
      const answer = await ask(bearer(OWN));
      expect(answer.status).toBe(status);
      expect((await errorOf(answer)).message).not.toContain(OWN);
    }
    expect(new Set(sentKeys())).toEqual(new Set([`Bearer ${OWN}`]));
    expect(await router.cooldowns()).toEqual([]);
  });
});
