import type { Ports } from '../ports.ts';
import { answerMock } from './mock/answer.ts';
import { answerOnDevice } from './on-device/answer.ts';
import { followPrediction } from './replicate/follow.ts';
import type { Provider } from './provider.ts';

type Asking = Pick<Ports, 'fetch' | 'now' | 'onDeviceModel'>;
type BuiltIn = (request: Request, ports: Asking) => Promise<Response>;
type Fetch = (request: Request) => Promise<Response>;

/** Providers that answer inside the router, without a network. */
const BUILT_IN: Readonly<Record<string, BuiltIn>> = Object.freeze({
  mock: answerMock,
  chrome: answerOnDevice,
});

/** What sends a provider's requests. */
export function fetchOf(provider: Provider, ports: Asking): Fetch {
  const own = provider.builtIn ? BUILT_IN[provider.id] : undefined;
  if (own !== undefined) return (request) => own(request, ports);
  const ask: Fetch = (request) => ports.fetch(request);
  return provider.format === 'replicate-predictions'
    ? (request) => followPrediction(request, ask)
    : ask;
}
