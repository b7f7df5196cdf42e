/**
 * Rows W2, W3: what a page that asks for it gets to know of Gatehouse. The two functions run in the
 * page's own world, so they are whole in themselves; what a page does to them, it does to itself.
 */

/** Tells the page where Gatehouse is, with an object that asks and tells. */
export function announce(info: Readonly<Record<'uuid' | 'baseURL', string>>): void {
  type Listener = (detail: unknown) => void;
  const listeners = new Map<string, Set<Listener>>();
  const emit = (name: string, detail?: unknown) => {
    for (const listener of listeners.get(name) ?? []) listener(detail);
  };
  const failure = (code: number, message: string, data?: unknown) =>
    Object.assign(new Error(message), { code, ...(data !== undefined && { data }) });
  const CODES: Record<string, number> = {
    user_rejected: 4001,
    origin_not_authorized: 4100,
    origin_blocked: 4100,
    scope_denied: 4100,
    vault_locked: 4100,
    consent_pending: -32002,
    site_budget_exceeded: -32005,
    rate_limited: -32005,
  };

  async function request(call: { method?: unknown }): Promise<string[]> {
    if (call?.method !== 'gatehouse_connect' && call?.method !== 'gatehouse_models')
      throw failure(4200, `There is no method “${String(call?.method)}”.`);
    let response: Response;
    try {
      response = await fetch(`${info.baseURL}/models`);
    } catch {
      emit('disconnect', failure(4900, 'Gatehouse is gone.'));
      throw failure(4900, 'Gatehouse is gone.');
    }
    const body = await response.json();
    if (!response.ok) {
      const { code = 'internal_error', message = response.statusText } = body.error ?? {};
      throw failure(CODES[code] ?? -32603, message, { code });
    }
    const models = body.data.map(({ id }: { id: string }) => id);
    if (call.method === 'gatehouse_connect') emit('connect', { models });
    return models;
  }

  addEventListener('gatehouse:event', (event) => {
    const { name, detail } = (event as CustomEvent).detail;
    emit(name, detail);
    if (name === 'permission_changed' && !detail.allowed)
      emit('disconnect', failure(4100, 'This site may no longer use Gatehouse.'));
  });
  const provider = Object.freeze({
    request,
    on(name: string, listener: Listener) {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
    },
    removeListener(name: string, listener: Listener) {
      listeners.get(name)?.delete(listener);
    },
  });
  const detail = Object.freeze({ ...info, provider });
  dispatchEvent(new CustomEvent('gatehouse:announce', { detail }));
}

/** Tells the objects that were announced here. */
export function tell(name: string, detail: object): void {
  dispatchEvent(new CustomEvent('gatehouse:event', { detail: { name, detail } }));
}
