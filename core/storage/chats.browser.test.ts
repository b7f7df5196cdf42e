import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createChatStore, toTitle, type ChatStore } from './chats.ts';
import { openDatabase } from './database.ts';
import type { ChatRecord, MessageRecord } from './records.ts';

let name: string;
let chats: ChatStore;
beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
  chats = createChatStore(() => openDatabase(name));
});
afterEach(async () => {
  (await openDatabase(name)).close();
  indexedDB.deleteDatabase(name);
});

const chat = (id: string, updatedAt: number): ChatRecord => ({
  id,
  title: id,
  createdAt: 1,
  updatedAt,
  model: 'mock/echo',
});
const message = (id: string, chatId: string, createdAt: number): MessageRecord => ({
  id,
  chatId,
  role: 'user',
  content: id,
  state: 'done',
  createdAt,
});

describe('the chats', () => {
  test('come newest first, with their messages in order and no one else’s', async () => {
    await chats.save(chat('a', 1), [message('a2', 'a', 2), message('a1', 'a', 1)]);
    await chats.save(chat('b', 2), [message('b1', 'b', 1)]);
    expect((await chats.list()).map(({ id }) => id)).toEqual(['b', 'a']);
    expect((await chats.messages('a')).map(({ id }) => id)).toEqual(['a1', 'a2']);
  });

  test('go to the trash and come back', async () => {
    await chats.save(chat('a', 1));
    await chats.change('a', { deletedAt: 5 });
    expect(await chats.list()).toEqual([]);
    expect((await chats.listTrash()).map(({ id }) => id)).toEqual(['a']);
    await chats.change('a', { deletedAt: undefined });
    expect((await chats.list()).map(({ id }) => id)).toEqual(['a']);
  });

  test('are erased from the trash with their messages after 30 days', async () => {
    const day = 24 * 60 * 60 * 1000;
    await chats.save({ ...chat('old', 1), deletedAt: 1 }, [message('m', 'old', 1)]);
    await chats.save({ ...chat('young', 1), deletedAt: 2 * day }, [message('n', 'young', 1)]);
    await chats.emptyOldTrash(31 * day);
    expect((await chats.listTrash()).map(({ id }) => id)).toEqual(['young']);
    expect(await chats.messages('old')).toEqual([]);
    expect(await chats.messages('young')).toHaveLength(1);
  });

  test('do not get a message back after they were erased elsewhere', async () => {
    await chats.save(chat('a', 1));
    await chats.erase('a');
    await chats.keep(message('late', 'a', 2));
    expect(await chats.messages('a')).toEqual([]);
    expect(await chats.change('a', { title: 'x' })).toBeUndefined();
  });

  test('keep the draft of a chat that does not exist yet', async () => {
    expect(await chats.newDraft()).toBe('');
    await chats.saveNewDraft('half a thou');
    expect(await chats.newDraft()).toBe('half a thou');
  });
});

describe('a title', () => {
  test.each([
    ['# What is **this**?', 'What is this?'],
    ['\n\n  hello\nworld', 'hello'],
    ['***', 'New chat'],
    ['```\ncode()\n```', 'code()'],
    ['word '.repeat(30), `${'word '.repeat(12).trim()}…`],
    ['x'.repeat(100), `${'x'.repeat(60)}…`],
  ])('of %j is %j', (text, title) => {
    expect(toTitle(text)).toBe(title);
  });
});
