import { RouterError } from '../errors.ts';
import { jsonAnswer } from './answer.ts';
import { readJsonObject } from './body.ts';
import type { Call, Parts } from './endpoint.ts';

/** `GET /api/bundle`: the configuration without its keys. */
export async function exportBundle({ url }: Call, { bundles }: Parts): Promise<Response> {
  if (url.searchParams.has('keys')) {
    throw new RouterError('invalid_request', 'This version exports no keys.', { param: 'keys' });
  }
  return jsonAnswer(await bundles.exportBundle());
}

/** `PUT /api/bundle?mode=merge|replace&dryRun=1`: takes the bundle over; the answer is the difference. */
export async function importBundle({ url, request }: Call, { bundles }: Parts): Promise<Response> {
  const mode = url.searchParams.get('mode') ?? 'merge';
  if (mode !== 'merge' && mode !== 'replace') {
    throw new RouterError('invalid_request', '`mode` is `merge` or `replace`.', { param: 'mode' });
  }
  const dryRun = toFlag(url.searchParams.get('dryRun'));
  const bundle = await readJsonObject(request);
  return jsonAnswer(await bundles.importBundle(bundle, { mode, dryRun }));
}

/** Strict, because a mistyped dry run would write. */
function toFlag(value: string | null): boolean {
  if (value === null || value === '0' || value === 'false') return false;
  if (value === '1' || value === 'true') return true;
  throw new RouterError('invalid_request', '`dryRun` is `1` or `0`.', { param: 'dryRun' });
}
