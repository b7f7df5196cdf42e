import type { BaseUrlField, Provider } from './provider.ts';

/**
 * Base URLs with a part that only the person knows: `…/accounts/{accountId}/ai/v1`. What is stored
 * is always the whole URL; the fields are read back out of it.
 */

/** The row's base URL with the values in it; or why they do not fit, in plain words. */
export function fillBaseUrl(
  row: Provider,
  values: Readonly<Record<string, string>>,
): { url: string } | { reason: string } {
  let url = row.baseUrl;
  for (const field of row.baseUrlFields ?? []) {
    const value = (values[field.name] ?? '').trim();
    if (!new RegExp(`^(?:${field.pattern})$`).test(value))
      return { reason: `${field.label} looks like ${field.example}.` };
    url = url
      .replaceAll(`{${field.name}}`, value)
      .replaceAll(`{${field.name}-}`, value === field.bare ? '' : `${value}-`);
  }
  return { url };
}

/** The values that a URL holds in the row's places; `undefined` where it is another address. */
export function readBaseUrlFields(row: Provider, url: string): Record<string, string> | undefined {
  const fields = row.baseUrlFields ?? [];
  const places: BaseUrlField[] = [];
  const pattern = row.baseUrl.split(/(\{\w+-?\})/).map((piece) => {
    const field = fields.find(({ name }) => piece === `{${name}}` || piece === `{${name}-}`);
    if (!field) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    places.push(field);
    return piece.endsWith('-}') ? `(?:(${field.pattern})-)?` : `(${field.pattern})`;
  });
  const found = new RegExp(`^${pattern.join('')}$`).exec(url);
  if (!found) return undefined;
  const values: Record<string, string> = {};
  for (const [index, { name, bare }] of places.entries()) {
    const value = found[index + 1] ?? bare ?? '';
    // One that stands in two places is the same in both.
    if (values[name] !== undefined && values[name] !== value) return undefined;
    values[name] = value;
  }
  return values;
}
