/** One of several contexts that write the same chat and the same settings at the same time. */
import { createSettingsControl } from '../../control/settings.ts';
import { createChatStore } from '../chats.ts';
import { openDatabase } from '../database.ts';
import type { ChatRecord, Settings } from '../records.ts';

export interface WriteJob {
  databaseName: string;
  writer: number;
  times: number;
  chatField: keyof Pick<ChatRecord, 'title' | 'systemPrompt' | 'draft' | 'model'>;
  setting: keyof Settings;
}

onmessage = async ({ data }: MessageEvent<WriteJob>) => {
  const { databaseName, writer, times, chatField, setting } = data;
  const open = () => openDatabase(databaseName);
  const chats = createChatStore(open);
  const settings = createSettingsControl({ openDatabase: open, publish: () => undefined });
  for (let time = 1; time <= times; time++) {
    const id = `${writer}-${time}`;
    await chats.change('shared', { [chatField]: id }, [
      { id, chatId: 'shared', role: 'user', content: id, state: 'done', createdAt: time },
    ]);
    await settings.saveSettings({ [setting]: time });
  }
  postMessage('done');
};
