/** What the tests of the vault's screens share. */
import type { Page } from '@playwright/test';

export const PASSWORD = 'correct horse battery staple';
/** Argon2 takes its time on a machine that does something else besides. */
export const SLOW = { timeout: 30_000 };

export const ways = (page: Page) =>
  page.getByRole('list', { name: 'Ways to open it' }).getByRole('listitem');

/** One chat, as the page's own call. */
export async function ask(page: Page): Promise<{ status: number; text: string }> {
  return page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    return { status: response.status, text: await response.text() };
  });
}
