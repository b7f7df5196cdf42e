import { mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import '../../core/testing/figures.ts';
import Markdown from './Markdown.svelte';
import { LEAKS, SCRIPTS } from './testing/payloads.ts';
import { createGrowing } from './testing/growing.svelte.ts';

const TAGS = new Set(
  'DIV P H3 H4 H5 H6 UL OL LI BLOCKQUOTE FIGURE FIGCAPTION PRE CODE TABLE THEAD TBODY TR TH TD HR BR STRONG EM DEL A SPAN BUTTON INPUT svg path rect'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'class dir href title target rel role tabindex aria-label aria-hidden aria-live type disabled checked start scope style xmlns width height viewBox fill stroke stroke-width stroke-linecap stroke-linejoin d x y rx ry'.split(
    ' ',
  ),
);

let target: HTMLElement;
let alerts: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  target = document.body.appendChild(document.createElement('main'));
  alerts = vi.spyOn(globalThis, 'alert').mockImplementation(() => undefined);
});
afterEach(() => {
  target.remove();
  alerts.mockRestore();
});

/** Everything in the tree that is not on the list of what a message may be made of. */
function strangers(): string[] {
  const found: string[] = [];
  for (const element of target.querySelectorAll('*')) {
    if (!TAGS.has(element.tagName)) found.push(element.outerHTML);
    for (const { name, value } of element.attributes) {
      if (!ATTRIBUTES.has(name)) found.push(`${element.tagName} ${name}=${value}`);
      if (name === 'href' && !/^(https?:\/\/|mailto:)/.test(value)) found.push(`href ${value}`);
      if (name === 'style' && !/^text-align: (left|right|center);$/.test(value))
        found.push(`style ${value}`);
    }
  }
  return found;
}

async function grow(text: string): Promise<string[]> {
  const growing = createGrowing();
  const view = mount(Markdown, { target, props: growing });
  const found: string[] = [];
  for (let end = 1; end <= text.length; end += 1) {
    growing.text = text.slice(0, end);
    await tick();
    found.push(...strangers());
  }
  growing.streaming = false;
  await tick();
  found.push(...strangers());
  await unmount(view);
  return found;
}

describe('what a hostile model writes', () => {
  test(`${SCRIPTS.length} scripts, cut at every character, make nothing that runs`, async ({
    task: { meta },
  }) => {
    for (const text of SCRIPTS) expect(await grow(text), text).toEqual([]);
    expect(alerts).not.toHaveBeenCalled();
    expect(SCRIPTS.length).toBeGreaterThanOrEqual(200);
    meta.figure = `${SCRIPTS.length} scripts`;
  }, 120_000);

  test(`${LEAKS.length} leaks, cut at every character, ask no one for anything`, async ({
    task: { meta },
  }) => {
    for (const text of LEAKS) expect(await grow(text), text).toEqual([]);
    const asked = performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.includes('evil'));
    expect(asked.map(({ name }) => name)).toEqual([]);
    expect(LEAKS.length).toBeGreaterThanOrEqual(60);
    meta.figure = `${LEAKS.length} leaks`;
  }, 120_000);

  test('a link says where it goes, and an image waits for a click', () => {
    const text = '[your bank](https://evil.example/login) ![chart](https://evil.example/x.png)';
    const view = mount(Markdown, { target, props: { text } });
    expect(target.textContent).toContain('your bank (evil.example)'.replace(' (', '\u00a0('));
    expect(target.textContent).toContain('image from evil.example');
    void unmount(view);
  });
});
