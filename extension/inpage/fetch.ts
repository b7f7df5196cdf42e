import type { Responder } from '../../core/transport/respond.ts';
import type { IsVirtual } from './virtual.ts';
import { wrap } from './wrap.ts';

/** Answers `fetch` for the virtual origin; every other call is the browser's own. */
export function patchFetch(isVirtual: IsVirtual, engine: () => Pick<Responder, 'fetch'>): void {
  wrap(globalThis, 'fetch', (_self, all) =>
    all.length > 0 && isVirtual(all[0]) ? engine().fetch : undefined,
  );
}
