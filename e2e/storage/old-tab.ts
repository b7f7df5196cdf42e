import type { Page } from '@playwright/test';

/**
 * Puts a database of version 1, as it went out, in the place of the one there is, and keeps it open in
 * this page, as a tab of that time would that never lets go. The page must be of our origin.
 */
export const holdVersion1 = (page: Page) =>
  page.evaluate(async () => {
    const done = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('It failed.'));
      });
    await done(indexedDB.deleteDatabase('gatehouse'));
    const opening = indexedDB.open('gatehouse', 1);
    opening.onupgradeneeded = () => {
      const database = opening.result;
      for (const name of ['vault', 'slots', 'providers', 'models'])
        database.createObjectStore(name, { keyPath: 'id' });
      database.createObjectStore('keys', { keyPath: 'id' }).createIndex('provider', 'provider');
      for (const name of ['sites', 'settings', 'state']) database.createObjectStore(name);
      database.createObjectStore('catalog', { keyPath: 'provider' });
      const usage = database.createObjectStore('usage', { keyPath: 'id' });
      usage.createIndex('day', 'day');
      usage.createIndex('origin', 'origin');
      const chats = database.createObjectStore('chats', { keyPath: 'id' });
      chats.createIndex('updatedAt', 'updatedAt');
      const messages = database.createObjectStore('messages', { keyPath: 'id' });
      messages.createIndex('chat', ['chatId', 'createdAt']);
    };
    const database = await done(opening);
    await done(
      database
        .transaction('models', 'readwrite')
        .objectStore('models')
        .put({ id: 'kept', routes: [{ provider: 'mock', model: 'echo' }] }),
    );
    (globalThis as { held?: IDBDatabase }).held = database;
  });
