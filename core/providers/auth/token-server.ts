import type { Ports } from '../../ports.ts';
import { readBytes } from '../../streams/bytes.ts';

const TIMEOUT_MS = 15_000;
const LARGEST_REPLY = 64 * 1024;

/**
 * Posts a form to a token server, of the fields that have a value. A redirect is an error: the form holds what is good for tokens. A
 * body that is no JSON object is an empty one. Throws what the host's `fetch` throws: it may quote
 * what was sent.
 */
export async function askTokenServer(
  ports: Pick<Ports, 'fetch'>,
  url: string,
  form: Readonly<Record<string, string | undefined>>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const fields = Object.entries(form).filter(([, value]) => value !== undefined);
  const response = await ports.fetch(
    new Request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams(fields as [string, string][]).toString(),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    }),
  );
  const bytes = response.body ? await readBytes(response.body, LARGEST_REPLY) : null;
  return { status: response.status, body: readJson(bytes ?? new Uint8Array()) };
}

function readJson(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
