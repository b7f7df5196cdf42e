/** Every number and moment of the chat, in the words that a person reads. */
const count = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const seconds = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** The name of a model where only its id is known. */
export function toModelLabel(id: string): string {
  return id === 'auto' ? 'Automatic' : id;
}

export function toTokens(tokens: number): string {
  return `${count.format(tokens)} tok`;
}

export function toSeconds(ms: number): string {
  return `${seconds.format(ms / 1000)} s`;
}

export function toDay(time: number): string {
  return day.format(time);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The heading that a chat stands under in the list. */
export function toAge(time: number, now: number): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight) return 'Today';
  if (time >= midnight - DAY_MS) return 'Yesterday';
  if (time >= midnight - 7 * DAY_MS) return 'Last 7 days';
  if (time >= midnight - 30 * DAY_MS) return 'Last 30 days';
  return 'Older';
}
