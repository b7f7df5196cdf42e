import type { Call } from './endpoint.ts';

/** Row R17: the caller wants to know how its answer came about. */
export function wantsDebug(call: Call): boolean {
  return call.request.headers.get('x-gatehouse-debug') === '1';
}

export function debugOf({ id, trace: { provider, model, attempts }, startedAt }: Call) {
  return { id, provider, model, attempts, latencyMs: Math.round(performance.now() - startedAt) };
}
