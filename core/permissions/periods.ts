/** Days, weeks and months of a person: in local time, also where the clock changes. Pure. */

export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/** When the period that holds `time` began. Weeks begin on Monday. */
export function startOf(period: Period, time: number): number {
  const date = new Date(time);
  date.setHours(0, 0, 0, 0);
  if (period === 'week') date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
  if (period === 'month') date.setDate(1);
  return date.getTime();
}

/** When the next one begins. */
export function endOf(period: Period, time: number): number {
  const date = new Date(startOf(period, time));
  if (period === 'month') date.setMonth(date.getMonth() + 1);
  else date.setDate(date.getDate() + (period === 'week' ? 7 : 1));
  return date.getTime();
}
