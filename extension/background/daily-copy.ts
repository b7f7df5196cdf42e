/** Row X7 for who never opens a page of ours: the copy of each day, by an alarm. */
import type { Control } from '../../core/index.ts';

export const COPY_ALARM = 'copy';
const FIRST_MINUTES = 5;
const EVERY_MINUTES = 60;

/** The browser keeps it from then on, with or without this worker. */
export async function setCopyAlarm(): Promise<void> {
  if (await chrome.alarms.get(COPY_ALARM)) return;
  await chrome.alarms.create(COPY_ALARM, {
    delayInMinutes: FIRST_MINUTES,
    periodInMinutes: EVERY_MINUTES,
  });
}

/** Where calls are under way, the next hour will do. */
export async function copyWhenIdle(
  control: Pick<Control, 'liveRequests' | 'makeDailyCopy'>,
): Promise<void> {
  if ((await control.liveRequests()).length === 0) await control.makeDailyCopy();
}
