/**
 * Threats 11 and 12 in the real chat, streamed: a provider sends what a hostile model may write, an
 * event for each character, and nothing runs, nothing is asked for, nothing opens.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { LEAKS, SCRIPTS } from '../../pwa/markdown/testing/payloads.ts';
import { CANARY_KEY, expect, test } from '../fixtures.ts';
import { answers, chooseModel, say, settled } from '../pwa/chat-page.ts';

/** Every so many of the documents; `LONG=1` sends all. */
const EVERY = process.env.LONG === '1' ? 1 : 5;

/** A provider whose answers are the documents, in turn. */
async function serveDocuments(documents: readonly string[]) {
  let next = 0;
  const write = (response: ServerResponse, delta: object, finish: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({
        ...{ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' },
        choices: [{ index: 0, delta, finish_reason: finish }],
      })}\n\n`,
    );
  const server = createServer((request, response) => {
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
    if (request.method !== 'POST') {
      const list = { object: 'list', data: [{ id: 'm1', object: 'model' }] };
      const type = { ...headers, 'content-type': 'application/json' };
      return void response.writeHead(200, type).end(JSON.stringify(list));
    }
    request.resume();
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.socket?.setNoDelay(true);
    for (const character of documents[next++] ?? 'No more.')
      write(response, { content: character });
    write(response, {}, 'stop');
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () => new Promise((done) => (server.close(done), server.closeAllConnections())),
  };
}

/** All that the page opens, asks for or navigates to, from now on. */
function watch(page: Page, allowed: readonly string[]) {
  const events: string[] = [];
  const watched = { events, calls: 0 };
  const context = page.context();
  page.on('dialog', (dialog) => {
    events.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('request', (request) => {
    const { protocol, origin, pathname } = new URL(request.url());
    if (origin === allowed[0] && pathname === '/v1/chat/completions') watched.calls += 1;
    if (protocol === 'data:' || protocol === 'blob:') return;
    if (!allowed.includes(origin)) events.push(`request ${request.url()}`);
  });
  context.on('page', (opened) => events.push(`page ${opened.url()}`));
  page.on('download', (download) => events.push(`download ${download.url()}`));
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame() && !frame.url().includes('#/chat'))
      events.push(`navigated to ${frame.url()}`);
  });
  return watched;
}

test('hostile answers, streamed a character at a time, open and ask for nothing', async ({
  pwa,
  configurePwa,
  pwaOrigin,
}) => {
  test.setTimeout(600_000);
  const documents = [...SCRIPTS, ...LEAKS].filter((_, index) => index % EVERY === 0);
  const provider = await serveDocuments(documents);
  try {
    await configurePwa({
      providers: [
        { id: 'box', name: 'Box', format: 'openai-chat', baseUrl: provider.url, models: ['m1'] },
      ],
      keys: [{ provider: 'box', label: 'main', secret: CANARY_KEY, enabled: true, weight: 1 }],
    });
    await pwa.goto(`${pwaOrigin}/#/chat`);
    await chooseModel(pwa, 'box/m1');
    const watched = watch(pwa, [pwaOrigin, new URL(provider.url).origin]);
    for (const [index, text] of documents.entries()) {
      await say(pwa, `Document ${index}`);
      await expect(answers(pwa).last()).toBeVisible();
      await settled(pwa);
      expect(watched.events, text).toEqual([]);
      // A chat of its own now and then: the list shows no more than what is on the screen.
      if (index % 10 === 9) {
        await pwa.goto(`${pwaOrigin}/#/chat`);
        await pwa.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
      }
    }
    expect(watched.calls, 'the watch sees what the page asks').toBeGreaterThanOrEqual(
      documents.length,
    );
    test.info().annotations.push({
      type: 'figure',
      description: `${documents.length} of ${SCRIPTS.length + LEAKS.length} documents, 0 requests`,
    });
  } finally {
    await provider.close();
  }
});
