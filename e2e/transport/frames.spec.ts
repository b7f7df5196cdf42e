/** Threat 4: who calls is the frame's own origin with its top page's, in all eight kinds of frame. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';

/** What a frame runs: one call, and its outcome told to the top page. */
const CALL = `
  fetch('https://gatehouse.invalid/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
  }).then(async (response) => response.status === 200 ? 'answered' : (await response.json()).error.code, String)
    .then((outcome) => top.postMessage({ outcome }, '*'));
`;
const DOCUMENT = `<!doctype html><script>${CALL}</script>`;

const KINDS = [
  'top',
  'same origin',
  'about:blank',
  'srcdoc',
  'blob',
  'cross origin',
  'sandboxed',
  'data',
] as const;
type Kind = (typeof KINDS)[number];

/** Makes the frame in the page and gives what its call came to. */
function callFrom(page: Page, kind: Kind, other: string): Promise<string> {
  return page.evaluate(
    ({ kind, other, CALL, DOCUMENT }) => {
      const told = new Promise<string>((resolve) => {
        addEventListener('message', ({ data }) => {
          if (typeof data?.outcome === 'string') resolve(data.outcome);
        });
      });
      const run = (code: string) => {
        const script = document.createElement('script');
        script.textContent = code;
        return script;
      };
      if (kind === 'top') {
        document.body.append(run(CALL));
        return told;
      }
      const frame = document.createElement('iframe');
      const sources: Record<string, string> = {
        'same origin': '/child',
        blob: URL.createObjectURL(new Blob([DOCUMENT], { type: 'text/html' })),
        'cross origin': `${other}/child`,
        data: `data:text/html,${encodeURIComponent(DOCUMENT)}`,
      };
      if (kind === 'sandboxed') frame.setAttribute('sandbox', 'allow-scripts');
      if (kind === 'srcdoc' || kind === 'sandboxed') frame.srcdoc = DOCUMENT;
      else if (kind !== 'about:blank') frame.src = sources[kind] as string;
      document.body.append(frame);
      // In the same task, as a page does that wants a fresh fetch.
      if (kind === 'about:blank') {
        const child = frame.contentDocument as Document;
        const script = child.createElement('script');
        script.textContent = CALL;
        child.body.append(script);
      }
      return told;
    },
    { kind, other, CALL, DOCUMENT },
  );
}

/** One row a kind of frame: the outcome under each state of the top site's grant. */
const TABLE: Record<Kind, { allow: string; deny: string; none: string; pair: string }> = {
  top: { allow: 'answered', deny: 'origin_not_authorized', none: 'asked', pair: 'answered' },
  'same origin': {
    allow: 'answered',
    deny: 'origin_not_authorized',
    none: 'asked',
    pair: 'answered',
  },
  'about:blank': {
    allow: 'answered',
    deny: 'origin_not_authorized',
    none: 'asked',
    pair: 'answered',
  },
  srcdoc: { allow: 'answered', deny: 'origin_not_authorized', none: 'asked', pair: 'answered' },
  blob: { allow: 'answered', deny: 'origin_not_authorized', none: 'asked', pair: 'answered' },
  'cross origin': { allow: 'asked', deny: 'asked', none: 'asked', pair: 'answered' },
  sandboxed: {
    allow: 'origin_not_authorized',
    deny: 'origin_not_authorized',
    none: 'origin_not_authorized',
    pair: 'origin_not_authorized',
  },
  data: {
    allow: 'origin_not_authorized',
    deny: 'origin_not_authorized',
    none: 'origin_not_authorized',
    pair: 'origin_not_authorized',
  },
};

for (const kind of KINDS) {
  test(`a frame of kind "${kind}" has exactly its own grant`, async ({
    gatehouse,
    configure,
    consent,
    site,
    page,
    upstream,
  }) => {
    for (const grant of ['allow', 'deny', 'pair', 'none'] as const) {
      // New ports are new origins: nothing is left over from the state before.
      const pages = { '/child': DOCUMENT };
      const app = await site({ csp: null, pages });
      const other = await site({ csp: null, pages });
      const base = openaiAt(
        upstream,
        ...(grant === 'allow' || grant === 'pair' ? [app.origin] : []),
      );
      const sites = [...(base.sites ?? [])];
      if (grant === 'deny') sites.push({ origin: app.origin, decision: 'deny' });
      if (grant === 'pair') {
        sites.push({
          origin: other.origin,
          topOrigin: app.origin,
          decision: 'allow',
          scopes: ['chat'],
          models: ['*'],
        });
      }
      await configure({ ...base, sites });
      await page.goto(app.url);
      upstream.clear();
      const outcome = callFrom(page, kind, other.origin);
      const expected = TABLE[kind][grant];
      if (expected === 'asked') {
        await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
        expect(upstream.received).toEqual([]);
        await consent('deny');
        expect(await outcome).toBe('user_rejected');
      } else {
        expect([grant, await outcome]).toEqual([grant, expected]);
        expect(gatehouse.consentWindows()).toEqual([]);
      }
      expect(upstream.received).toHaveLength(expected === 'answered' ? 1 : 0);
    }
  });
}
