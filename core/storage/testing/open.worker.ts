/** Opens the database that it is told with one step more than there are, and says what it found. */
import { openDatabase } from '../database.ts';
import { MIGRATIONS } from '../migrations.ts';

let steps = 0;
onmessage = async ({ data: name }: MessageEvent<string>) => {
  const step = { migrate: () => void (steps += 1) };
  const database = await openDatabase(name, { migrations: [...MIGRATIONS, step] });
  postMessage({ version: database.version, steps, messages: await database.count('messages') });
};
