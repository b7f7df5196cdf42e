const compactFormat = new Intl.NumberFormat('en', { notation: 'compact' });
const usdFormat = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });

/** `812`, `8.2k`, `131k`, `1.3M` */
export function compact(value: number): string {
  return compactFormat.format(value).replace('K', 'k');
}

/** `$0.61`; below a cent `< $0.01` */
export function usd(value: number): string {
  return value > 0 && value < 0.005 ? '< $0.01' : usdFormat.format(value);
}

/** `1 key`, `3 keys` */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`;
}

/** `12 kB`, `3.4 MB` */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let rest = value;
  let unit = 0;
  while (rest >= 1_000 && unit < units.length - 1) {
    rest /= 1_000;
    unit += 1;
  }
  return `${rest < 10 && unit > 0 ? rest.toFixed(1) : Math.round(rest)} ${units[unit]}`;
}
