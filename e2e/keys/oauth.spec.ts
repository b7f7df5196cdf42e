/** Row K8: an OAuth credential renews itself at a real token server, whatever that does. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test as base } from '../fixtures.ts';
import type { Bundle } from '../gatehouse.ts';
import { createTokenServer, type TokenServer } from './token-server.ts';

const test = base.extend<{ tokens: TokenServer }>({
  tokens: async ({}, use) => {
    const server = await createTokenServer();
    await use(server);
    await server.close();
  },
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

const credentialOf = (tokens: TokenServer, expires_at: unknown, change: object = {}) =>
  JSON.stringify({
    type: 'oauth',
    access_token: tokens.access(),
    refresh_token: tokens.refresh(),
    expires_at,
    token_url: `${tokens.origin}/token`,
    client_id: 'client-1',
    client_secret: 'secret-canary-7c1e9b2a4836',
    ...change,
  });

/** A key of its own each time: what rests is of a key. */
const bundleOf = (tokens: TokenServer, secret?: string): Bundle => ({
  providers: [{ id: 'box', name: 'Box', format: 'openai-chat', baseUrl: `${tokens.origin}/v1` }],
  ...(secret !== undefined && { keys: [{ provider: 'box', label: crypto.randomUUID(), secret }] }),
});

interface Answer {
  status: number;
  body: string;
  attempts: string | null;
}

const call = (page: Page, times = 1): Promise<Answer[]> =>
  page.evaluate(
    (count) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              model: 'box/m1',
              messages: [{ role: 'user', content: 'hi' }],
            }),
          });
          return {
            status: answer.status,
            body: await answer.text(),
            attempts: answer.headers.get('x-gatehouse-attempts'),
          };
        }),
      ),
    times,
  );

const statuses = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))];

test('50 calls at the end of a token are one renewal, and the refresh token rotates', async ({
  configure,
  options,
  tokens,
}) => {
  await configure(bundleOf(tokens, credentialOf(tokens, inSeconds(30))));
  const [access, refresh] = [tokens.access(), tokens.refresh()];
  tokens.play = 'hangs';
  const calls = call(options, 50);
  await expect.poll(() => tokens.asked.length, { timeout: 30_000 }).toBe(1);
  expect(tokens.sent, 'nothing is sent before the new token is there').toEqual([]);
  tokens.play = 'rotates';
  tokens.release();
  expect(statuses(await calls)).toEqual([200]);
  expect(tokens.asked).toHaveLength(1);
  expect(tokens.asked[0]?.get('refresh_token')).toBe(refresh);
  expect(new Set(tokens.sent)).toEqual(new Set([`Bearer ${tokens.access()}`]));
  expect(tokens.sent).not.toContain(`Bearer ${access}`);
});

test('a 401 renews the token once, and the answer says nothing of any secret', async ({
  configure,
  options,
  tokens,
}) => {
  await configure(
    bundleOf(tokens, credentialOf(tokens, 'never', { access_token: 'old-0123456789' })),
  );
  const [answer] = await call(options);
  expect(answer).toMatchObject({ status: 200, attempts: '2' });
  expect(tokens.sent).toEqual(['Bearer old-0123456789', `Bearer ${tokens.access()}`]);
  expect(tokens.asked).toHaveLength(1);
  // A second 401 in a row is the provider's word.
  tokens.play = 'revoked';
  await configure(
    bundleOf(tokens, credentialOf(tokens, 'never', { access_token: 'old-9876543210' })),
  );
  const [refused] = await call(options);
  expect(refused?.status).toBe(401);
  expect(refused?.body).toContain('invalid_grant');
  expect(refused?.body).not.toMatch(/canary|old-9876543210/);
});

for (const play of ['fails', 'a page', 'redirects'] as const)
  test(`where the token server ${play === 'a page' ? 'answers a page' : play}, the old token is used while it holds`, async ({
    configure,
    options,
    tokens,
  }) => {
    tokens.play = play;
    await configure(bundleOf(tokens, credentialOf(tokens, inSeconds(50))));
    expect(statuses(await call(options, 3))).toEqual([200]);
    expect(tokens.asked).toHaveLength(1);
    await configure(bundleOf(tokens, credentialOf(tokens, inSeconds(-1), { scope: 'a' })));
    const [answer] = await call(options);
    expect(answer?.status).toBe(502);
    expect(answer?.body).not.toMatch(/canary/);
    expect(tokens.strayed).toEqual([]);
    tokens.play = 'rotates';
    await configure(bundleOf(tokens, credentialOf(tokens, inSeconds(-1), { scope: 'b' })));
    expect(statuses(await call(options))).toEqual([200]);
  });

test('a worker that is killed while it renews loses no token, and the call goes on', async ({
  launch,
  tokens,
}) => {
  const gatehouse = await launch();
  await gatehouse.configure(bundleOf(tokens, credentialOf(tokens, inSeconds(-1))));
  tokens.life = 1; // so that each round renews
  for (let kill = 1; kill <= 3; kill++) {
    tokens.play = 'hangs';
    const before = tokens.asked.length;
    const answer = call(gatehouse.options);
    await expect.poll(() => tokens.asked.length, { timeout: 30_000 }).toBeGreaterThan(before);
    await gatehouse.stopWorker();
    await expect.poll(() => tokens.left, { timeout: 30_000 }).toBe(kill);
    tokens.play = 'rotates';
    tokens.release();
    // Nothing was sent to the provider yet, so the next worker takes the call up.
    expect(statuses(await answer)).toEqual([200]);
    await new Promise((done) => setTimeout(done, 1_100)); // until that token has ended
  }
});

test('the keys screen takes one, says until when its token holds, and what to do once it is revoked', async ({
  gatehouse,
  context,
  configure,
  options,
  tokens,
}) => {
  await configure(bundleOf(tokens));
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/keys'));
  const box = page.getByPlaceholder('Paste API keys, a .env file, or JSON').first();
  const wrong = credentialOf(tokens, inSeconds(3600), { token_url: 'http://auth.example.com/t' });
  await box.fill(wrong);
  await page.getByRole('button', { name: 'Read it' }).click();
  const found = page.getByRole('list', { name: 'Keys that were found' });
  await found.getByRole('combobox').selectOption('box');
  await page.getByRole('button', { name: 'Save 1 key' }).click();
  await expect(page.getByText('token_url must be https and public')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();

  await box.fill(credentialOf(tokens, inSeconds(3600)));
  await page.getByRole('button', { name: 'Read it' }).click();
  await found.getByRole('combobox').selectOption('box');
  expect(await page.content()).not.toContain('canary');
  await page.getByRole('button', { name: 'Save 1 key' }).click();
  const row = page.getByRole('list', { name: 'Keys for Box' }).getByRole('listitem').first();
  await expect(row).toContainText('works · 1 model');
  await expect(row).toContainText(/renews itself · its token holds until .*\d\d:\d\d/);
  await shoot(page, 'renews');

  // Another way in: its own dialog.
  tokens.play = 'revoked';
  await page.getByRole('button', { name: /^Actions for Box key/ }).click();
  await page.getByRole('menuitem', { name: 'Replace…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('Or the JSON of an OAuth credential.')).toBeVisible();
  await dialog.getByLabel('Key', { exact: true }).fill(credentialOf(tokens, inSeconds(-1)));
  await shoot(page, 'dialog');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect(statuses(await call(options))).toEqual([401]);
  await expect(row).toContainText('Connect again where it came from');
  await expect(row).toContainText('invalid_grant');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  await shoot(page, 'refused');
  expect(await page.content()).not.toContain('canary');
  await page.close();
});

async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env.SHOTS) return;
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [360, 1280]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(200);
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${colorScheme}-${width}.png` });
    }
  await page.setViewportSize({ width: 1280, height: 900 });
}
