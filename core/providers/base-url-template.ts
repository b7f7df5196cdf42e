import type { Provider } from './provider.ts';

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
    url = url.replaceAll(`{${field.name}}`, value);
  }
  return { url };
}

/** The values that a URL holds in the row's places; `undefined` where it is another address. */
export function readBaseUrlFields(row: Provider, url: string): Record<string, string> | undefined {
  const fields = row.baseUrlFields ?? [];
  const names: string[] = [];
  const pattern = row.baseUrl.split(/(\{\w+\})/).map((piece) => {
    const field = fields.find(({ name }) => piece === `{${name}}`);
    if (!field) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    names.push(field.name);
    return `(${field.pattern})`;
  });
  const found = new RegExp(`^${pattern.join('')}$`).exec(url);
  if (!found) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']));
}
