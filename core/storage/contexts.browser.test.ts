import { expect, test } from 'vitest';
import { createTestPorts } from '../testing/ports.ts';
import { createBundles } from '../vault/bundle.ts';
import { createChatStore } from './chats.ts';
import { openDatabase } from './database.ts';
import type { WriteJob } from './testing/write.worker.ts';

const TIMES = 125;
const WRITERS = [
  { chatField: 'title', setting: 'connectTimeoutMs' },
  { chatField: 'systemPrompt', setting: 'firstByteTimeoutMs' },
  { chatField: 'draft', setting: 'idleTimeoutMs' },
  { chatField: 'model', setting: 'totalTimeoutMs' },
] as const;

test('four contexts that write one chat and the settings at once, and an import beside them, lose nothing', async () => {
  const databaseName = `test-${crypto.randomUUID()}`;
  const open = () => openDatabase(databaseName);
  const chats = createChatStore(open);
  const shared = { id: 'shared', title: '', createdAt: 1, updatedAt: 1, model: '' };
  await chats.save(shared);

  const workers = WRITERS.map(
    () => new Worker(new URL('./testing/write.worker.ts', import.meta.url), { type: 'module' }),
  );
  const done = workers.map(
    (worker, writer) =>
      new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = reject;
        const job: WriteJob = { databaseName, writer, times: TIMES, ...WRITERS[writer]! };
        worker.postMessage(job);
      }),
  );
  const { importBundle } = createBundles({
    ports: createTestPorts({ openDatabase: open }),
    vault: {} as never,
    permissions: { recheck: () => Promise.resolve() },
  });
  const imported = [];
  for (let index = 0; index < 10; index++) {
    const bundle = {
      format: 'gatehouse-bundle',
      version: 1,
      settings: { theme: 'dark' },
      models: [{ id: `m${index}`, routes: [{ provider: 'groq', model: 'x' }] }],
      chats: [
        {
          ...shared,
          updatedAt: 0,
          messages: [
            { id: `i${index}`, role: 'user', content: 'x', state: 'done', createdAt: index },
          ],
        },
      ],
    };
    // Where the writers are too quick for it, it says so and changes nothing.
    const taken = await importBundle(bundle).then(
      () => true,
      (error: { code?: string }) => {
        expect(error.code).toBe('internal_error');
        return false;
      },
    );
    if (taken) imported.push(index);
  }
  await Promise.all(done);
  for (const worker of workers) worker.terminate();

  const database = await open();
  const chat = await chats.get('shared');
  const settings = await database.get('settings', 'settings');
  WRITERS.forEach(({ chatField, setting }, writer) => {
    expect(chat?.[chatField]).toBe(`${writer}-${TIMES}`);
    expect(settings?.[setting]).toBe(TIMES);
  });
  const ids = new Set((await chats.messages('shared')).map(({ id }) => id));
  for (let writer = 0; writer < WRITERS.length; writer++)
    for (let time = 1; time <= TIMES; time++) expect(ids.has(`${writer}-${time}`)).toBe(true);
  expect([...ids].filter((id) => id.startsWith('i'))).toHaveLength(imported.length);
  expect(await database.count('models')).toBe(imported.length);
  if (imported.length > 0) expect(settings?.theme).toBe('dark');
});
