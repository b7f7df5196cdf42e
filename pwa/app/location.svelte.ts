import { toHash, toRoute, type Route } from './route.ts';

let current = $state.raw<Route>(toRoute(globalThis.location.hash));
addEventListener('hashchange', () => {
  current = toRoute(globalThis.location.hash);
});

/** The route that is shown; reading it in a component subscribes to it. */
export function currentRoute(): Route {
  return current;
}

export function goTo(name: string, param?: string, query?: Record<string, string>): void {
  globalThis.location.hash = toHash(name, param, query);
}

/** Changes the address without a new entry in the history: a new chat gets its id on its first message. */
export function replaceRoute(name: string, param?: string): void {
  history.replaceState(history.state, '', toHash(name, param));
  current = toRoute(globalThis.location.hash);
}
