import type { Client } from '../../core/transport/client.ts';
import { apply } from '../../core/transport/natives.ts';
import { respond } from '../../core/transport/respond.ts';
import { isVirtual } from './virtual.ts';
import { pass, wrap } from './wrap.ts';

const { Request } = globalThis;

/** Answers `fetch` for the virtual origin; every other call is the browser's own. */
export function patchFetch(send: Client['send']): void {
  const answer = async (input: RequestInfo, init?: RequestInit) =>
    respond(new Request(input, init), send);

  globalThis.fetch = wrap(globalThis.fetch, (native, self, all) =>
    all.length > 0 && isVirtual(all[0]) ? apply(answer, undefined, all) : pass(native, self, all),
  );
}
