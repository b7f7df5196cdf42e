const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365.25 * DAY;

/** Of a rich attacker: one graphics card makes some hundred tries of our Argon2id a second. */
const TRIES_A_SECOND = 10_000;

const UNITS: readonly (readonly [seconds: number, one: string, many: string])[] = [
  [100 * YEAR, 'a century', 'centuries'],
  [YEAR, 'a year', 'years'],
  [30 * DAY, 'a month', 'months'],
  [DAY, 'a day', 'days'],
  [HOUR, 'an hour', 'hours'],
  [MINUTE, 'a minute', 'minutes'],
];

/** `Someone who copies this disk, with many computers, would guess it in about 3 centuries.` */
export function guessedWithin(guesses: number): string {
  return `Someone who copies this disk and has many computers would guess it ${toTime(guesses / TRIES_A_SECOND)}.`;
}

function toTime(seconds: number): string {
  if (seconds < MINUTE) return 'within a minute';
  if (seconds > 10_000 * YEAR) return 'in more than ten thousand years';
  const [length, one, many] = UNITS.find(([unit]) => seconds >= unit)!;
  const count = Math.floor(seconds / length);
  return `in about ${count === 1 ? one : `${new Intl.NumberFormat('en').format(count)} ${many}`}`;
}
