import { expect, test } from '../fixtures.ts';
import {
  answers,
  box,
  chooseModel,
  log,
  say,
  seedChat,
  sendButton,
  settled,
  stopButton,
} from './chat-page.ts';

test('a first visit chats without a key and without a reload', async ({
  plainBrowser,
  pwaOrigin,
}) => {
  const context = await plainBrowser.newContext();
  const page = await context.newPage();
  await page.goto(pwaOrigin);
  await say(page, 'Hello, gate');
  await expect(answers(page)).toContainText('Hello, gate');
  await expect(page).toHaveTitle('Hello, gate · Gatehouse');
  await context.close();
});

test('a page that was reloaded past the worker chats all the same', async ({ pwa }) => {
  const client = await pwa.context().newCDPSession(pwa);
  await client.send('Page.reload', { ignoreCache: true });
  await say(pwa, 'Still here');
  await expect(answers(pwa)).toContainText('Still here');
});

test('an answer is kept when it is stopped, and goes on where it stopped', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/slow');
  await say(pwa, 'one two three four five six seven eight nine ten eleven twelve');
  await expect(answers(pwa)).toContainText('two');
  await pwa.keyboard.press('Escape');
  await expect(answers(pwa)).toContainText('Stopped by you.');
  const kept = (await answers(pwa).locator('.markdown').innerText()).trim();
  expect(kept.length).toBeGreaterThan(5);
  await pwa.getByRole('button', { name: 'Continue' }).click();
  await settled(pwa);
  await expect(answers(pwa)).toHaveCount(1);
  expect((await answers(pwa).locator('.markdown').innerText()).startsWith(kept)).toBe(true);
});

test('Stop stands where Send was, and a double click on Send does not stop', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/slow');
  await box(pwa).fill('one two three four five six seven eight nine ten');
  const before = await sendButton(pwa).boundingBox();
  await sendButton(pwa).dblclick();
  const after = await stopButton(pwa).boundingBox();
  expect({ width: after?.width, height: after?.height, x: after?.x }).toEqual({
    width: before?.width,
    height: before?.height,
    x: before?.x,
  });
  await expect(answers(pwa)).toContainText('three');
  await stopButton(pwa).click();
  await expect(answers(pwa)).toContainText('Stopped by you.');
});

test('an answer that broke off keeps its words and can be asked for again', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/cut');
  await say(pwa, 'one two three four five six seven eight');
  await expect(answers(pwa)).toContainText('broke off');
  await expect(answers(pwa)).toContainText('one');
  await expect(pwa.getByRole('button', { name: 'Continue' })).toBeVisible();
  await chooseModel(pwa, 'mock/echo');
  await answers(pwa).getByRole('button', { name: 'Retry' }).first().click();
  await settled(pwa);
  await expect(answers(pwa)).toContainText('seven eight');
  await expect(answers(pwa)).toContainText('2/2');
});

test('an error says what happened, what to do, and the provider’s words', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/error-401');
  await say(pwa, 'hello');
  const error = answers(pwa);
  await expect(error.getByRole('button', { name: 'Retry' }).first()).toBeVisible();
  await error.getByText('Details').click();
  await expect(error.locator('details')).toContainText(/[a-z]+_[a-z]+: /);
});

test('a reload in the middle of an answer loses at most a second of it', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/slow');
  await say(pwa, Array.from({ length: 60 }, (_, i) => `word${i}`).join(' '));
  await expect(answers(pwa)).toContainText('word20', { timeout: 10_000 });
  await pwa.reload();
  await expect(answers(pwa)).toContainText('broke off');
  await expect(answers(pwa)).toContainText('word8');
  await expect(pwa.getByRole('button', { name: 'Continue' })).toBeVisible();
});

test('an edited question makes a branch, and the arrows lead back', async ({ pwa }) => {
  await say(pwa, 'first words');
  await settled(pwa);
  await box(pwa).press('ArrowUp');
  const edit = pwa.getByRole('textbox', { name: 'Edit the message' });
  await expect(edit).toBeFocused();
  await edit.fill('second words');
  await edit.press('Control+Enter');
  await settled(pwa);
  await expect(log(pwa)).toContainText('second words');
  await expect(log(pwa)).not.toContainText('first words');
  await expect(box(pwa)).toBeFocused();
  await pwa.getByRole('button', { name: 'Previous version' }).click();
  await expect(log(pwa)).toContainText('first words');
  await pwa.reload();
  await expect(log(pwa)).toContainText('first words');
});

test('what was typed is still there after a reload, for each chat its own', async ({ pwa }) => {
  await box(pwa).fill('half a thought');
  await pwa.waitForTimeout(500);
  await pwa.reload();
  await expect(box(pwa)).toHaveValue('half a thought');
  await box(pwa).press('Enter');
  await settled(pwa);
  await box(pwa).fill('another one');
  await pwa.waitForTimeout(500);
  await pwa.goto(new URL('./#/chat', pwa.url()).href);
  await expect(box(pwa)).toHaveValue('');
  await pwa.goBack();
  await expect(box(pwa)).toHaveValue('another one');
});

test('Enter does not send while an input method composes', async ({ pwa }) => {
  await box(pwa).fill('にほん');
  await box(pwa).dispatchEvent('keydown', { key: 'Enter', keyCode: 229 });
  await box(pwa).dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(box(pwa)).toHaveValue('にほん');
  await box(pwa).press('Shift+Enter');
  await expect(box(pwa)).toHaveValue('にほん\n');
  await box(pwa).press('Enter');
  await expect(answers(pwa)).toContainText('にほん');
});

test('chats are found by title, renamed, pinned, deleted and brought back', async ({ pwa }) => {
  await pwa.setViewportSize({ width: 1280, height: 800 });
  await say(pwa, 'A trip to Porto');
  await settled(pwa);
  await pwa.getByRole('link', { name: 'New chat' }).click();
  await say(pwa, 'Regular expressions');
  await settled(pwa);
  const list = pwa.getByRole('navigation', { name: 'Chats', exact: true });
  await expect(list.getByRole('link')).toHaveText(['Regular expressions', 'A trip to Porto']);

  await list.getByRole('link', { name: 'A trip to Porto' }).hover();
  await list.getByRole('button', { name: 'Pin A trip to Porto' }).click();
  await expect(list.getByRole('link')).toHaveText(['A trip to Porto', 'Regular expressions']);

  await pwa.keyboard.press('Control+k');
  const search = pwa.getByRole('searchbox', { name: 'Search chats by title' });
  await expect(search).toBeFocused();
  await search.fill('porto trip');
  await expect(list.getByRole('link')).toHaveText(['A trip to Porto']);
  await search.fill('');

  await list.getByRole('link', { name: 'A trip to Porto' }).hover();
  await list.getByRole('button', { name: 'Rename A trip to Porto' }).click();
  await pwa.getByRole('textbox', { name: 'Title of the chat' }).fill('Night trains');
  await pwa.keyboard.press('Enter');
  await expect(list.getByRole('link', { name: 'Night trains' })).toBeFocused();

  await list.getByRole('link', { name: 'Night trains' }).click();
  await expect(pwa.getByRole('heading', { level: 1 })).toHaveText('Night trains');
  await list.getByRole('button', { name: 'Delete Night trains' }).click();
  await expect(list.getByRole('link')).toHaveText(['Regular expressions']);
  await pwa.getByRole('button', { name: 'Undo' }).click();
  await expect(list.getByRole('link', { name: 'Night trains' })).toBeVisible();
});

test('the model picker finds by fragments, by keyboard alone, and keeps favourites', async ({
  pwa,
}) => {
  await pwa.keyboard.press('Control+m');
  const field = pwa.getByRole('combobox', { name: 'Search models' });
  await expect(field).toBeFocused();
  await field.fill('slow mock');
  await expect(pwa.getByRole('option')).toHaveCount(1);
  await field.press('Control+d');
  await field.press('Enter');
  await expect(box(pwa)).toBeFocused();
  await expect(pwa.getByRole('button', { name: /^Model: Slow/ })).toBeVisible();
  await pwa.keyboard.press('Control+m');
  await expect(pwa.getByText('Favourites', { exact: true })).toBeVisible();
  await field.press('Escape');
  await expect(field).toBeHidden();
});

test('reading further up is not disturbed by what is written', async ({ pwa }) => {
  await seedChat(pwa, 40);
  await pwa.goto(new URL('./#/chat/seeded', pwa.url()).href);
  await expect(log(pwa)).toContainText('Message 39.');
  await chooseModel(pwa, 'mock/slow');
  await say(pwa, Array.from({ length: 300 }, (_, i) => `word${i}`).join(' '));
  await expect(answers(pwa).last()).toContainText('word5');
  await log(pwa).evaluate((view) => view.scrollBy(0, -1500));
  const pill = pwa.getByRole('button', { name: 'new text' });
  await expect(pill).toBeVisible();
  const before = await log(pwa).evaluate((view) => view.scrollTop);
  await pwa.waitForTimeout(1000);
  expect(Math.abs((await log(pwa).evaluate((view) => view.scrollTop)) - before)).toBeLessThan(4);
  await pill.click();
  await expect(pill).toBeHidden();
  await pwa.waitForTimeout(500);
  const rest = await log(pwa).evaluate(
    (view) => view.scrollHeight - view.scrollTop - view.clientHeight,
  );
  expect(rest).toBeLessThanOrEqual(64);
  await pwa.keyboard.press('Escape');
});

test('an answer goes on while another screen is shown', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/slow');
  await say(pwa, 'one two three four five six seven eight nine ten');
  await expect(answers(pwa)).toContainText('one');
  await pwa.getByRole('link', { name: 'Sites' }).click();
  await expect(answers(pwa)).toHaveCount(0);
  await pwa.waitForTimeout(1500);
  await pwa.goBack();
  await expect(answers(pwa)).toContainText('nine ten');
});
