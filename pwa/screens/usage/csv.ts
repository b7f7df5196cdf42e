import type { UsageRecord } from '../../../core/index.ts';

const COLUMNS: readonly [string, (record: UsageRecord) => string | number | undefined][] = [
  ['day', ({ day }) => day],
  ['site', ({ origin }) => origin],
  ['provider', ({ provider }) => provider],
  ['model', ({ model }) => model],
  ['key', ({ key }) => key],
  ['requests', ({ requests }) => requests],
  ['errors', ({ errors }) => errors],
  ['attempts', ({ attempts }) => attempts],
  ['failed_attempts', ({ failedAttempts }) => failedAttempts],
  ['input_tokens', ({ inputTokens }) => inputTokens],
  ['output_tokens', ({ outputTokens }) => outputTokens],
  ['cached_tokens', ({ cachedTokens }) => cachedTokens],
  ['reasoning_tokens', ({ reasoningTokens }) => reasoningTokens],
  ['tool_calls', ({ toolCalls }) => toolCalls],
  ['estimated_attempts', ({ estimated }) => estimated],
  ['unpriced_attempts', ({ unpriced }) => unpriced],
  ['usd', ({ usd }) => usd],
];

/** RFC 4180. `keyName` says how a key is called: its id tells a person nothing. */
export function toCsv(
  records: readonly UsageRecord[],
  keyName: (id: string) => string = (id) => id,
): string {
  const rows = records
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map((record) => ({
      ...record,
      ...(record.key !== undefined && { key: keyName(record.key) }),
    }));
  const lines = [
    COLUMNS.map(([name]) => name),
    ...rows.map((row) => COLUMNS.map(([, read]) => toCell(read(row)))),
  ];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

function toCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  // A page chooses a model's name, and a spreadsheet must not take it for a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
