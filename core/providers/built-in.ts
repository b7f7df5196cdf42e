import type { Ports } from '../ports.ts';
import { answerMock } from './mock/answer.ts';
import type { Provider } from './provider.ts';

type Fetch = (request: Request) => Promise<Response>;

/** Providers that answer inside the router, without a network. */
const BUILT_IN: Readonly<Record<string, Fetch>> = Object.freeze({ mock: answerMock });

/** What sends a provider's requests. */
export function fetchOf(provider: Provider, ports: Pick<Ports, 'fetch'>): Fetch {
  const own = provider.builtIn ? BUILT_IN[provider.id] : undefined;
  return own ?? ((request) => ports.fetch(request));
}
