/** What the chat's tests share: the controls of the page, and chats written straight into its store. */
import type { Page } from '@playwright/test';

export const box = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true });
export const log = (page: Page) => page.getByRole('log', { name: 'Messages' });
export const answers = (page: Page) => page.getByRole('article', { name: 'Answer' });
export const sendButton = (page: Page) => page.getByRole('button', { name: 'Send', exact: true });
export const stopButton = (page: Page) => page.getByRole('button', { name: 'Stop', exact: true });

export async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await box(page).press('Enter');
}

/** Waits until nothing is written any more. */
export async function settled(page: Page): Promise<void> {
  await stopButton(page).waitFor({ state: 'detached' });
}

export async function chooseModel(page: Page, id: string): Promise<void> {
  await page.getByRole('button', { name: /^Model:/ }).click();
  const field = page.getByRole('combobox', { name: 'Search models' });
  await field.fill(id);
  await page.getByRole('option').first().waitFor();
  await field.press('Enter');
  await field.waitFor({ state: 'detached' });
}

const PARAGRAPH =
  'The *night* train from Porto leaves at **21:04** and has one sleeping car, `NJ 40`, with six berths. ';

/** About 2 kB of what models write. */
export const LONG_MESSAGE = [
  '## The trains of one night',
  PARAGRAPH.repeat(5),
  [
    '- one berth below',
    '- one berth above',
    '- a seat by the [window](https://example.com/seat)',
  ].join('\n'),
  '```ts\nexport function berth(car: number, place: number): string {\n  return `${car}-${place}`;\n}\n```',
  PARAGRAPH.repeat(4),
  '| Train | Leaves |\n|---|---:|\n| NJ 40 | 21:04 |\n| EN 41 | 22:30 |',
  PARAGRAPH.repeat(6),
].join('\n\n');

/** The chat `seeded` of `count` messages of about 2 kB, in the page's own database. */
export async function seedChat(page: Page, count: number, model = 'mock/echo'): Promise<void> {
  await page.evaluate(
    async ({ count: total, model: asked, long }) => {
      const chatId = 'seeded';
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('gatehouse');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('not opened'));
      });
      const transaction = database.transaction(['chats', 'messages'], 'readwrite');
      transaction.objectStore('chats').put({
        id: chatId,
        title: `A chat of ${total} messages`,
        createdAt: 1,
        updatedAt: Date.now(),
        model: asked,
        leafId: `m${total - 1}`,
      });
      for (let index = 0; index < total; index += 1) {
        transaction.objectStore('messages').put({
          id: `m${index}`,
          chatId,
          parentId: index === 0 ? undefined : `m${index - 1}`,
          role: index % 2 === 0 ? 'user' : 'assistant',
          content: `Message ${index}.\n\n${long}`,
          state: 'done',
          createdAt: index + 1,
        });
      }
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      database.close();
    },
    { count, model, long: LONG_MESSAGE },
  );
}
