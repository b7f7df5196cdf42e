const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `5 min ago`, `3 h ago`, `yesterday`, `on 12 Nov`, `on 12 Nov 2025`; times in milliseconds. */
export function ago(then: number, now = Date.now()): string {
  const passed = now - then;
  if (passed < MINUTE) return 'just now';
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < 12 * HOUR) return `${Math.floor(passed / HOUR)} h ago`;
  const days = Math.round((startOfDay(now) - startOfDay(then)) / DAY);
  if (days === 0) return 'today';
  if (days === 1) return 'yesterday';
  return `on ${day(then, now)}`;
}

/** `12 Nov`, and the year where it is not this one. */
export function day(then: number, now = Date.now()): string {
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(!sameYear && { year: 'numeric' }),
  }).format(then);
}

/** `4.2 s`, `1 min 12 s` */
export function lasting(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** `14:32` */
export function timeOfDay(then: number): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(then);
}

function startOfDay(time: number): number {
  const date = new Date(time);
  date.setHours(12, 0, 0, 0);
  return date.getTime();
}
