import { RouterError } from '../errors.ts';
import type { Keys } from '../vault/keys.ts';
import type { Tokens } from '../vault/tokens.ts';
import { isSameDestination } from '../vault/vault.ts';
import { authorise } from './auth/authorise.ts';
import type { Provider } from './provider.ts';
import { destinationOf, type Registry } from './registry.ts';

/**
 * Row E16: a provider's requests may go through a gateway, with the provider's own key and the
 * gateway's token. The gateway is a provider of its own, and its token a key of that provider: bound to
 * the gateway's address, and sent below it and nowhere else.
 */
export interface GatewayPass {
  /** What goes along with each request: the token's header, and how often the gateway may try. */
  readonly headers: Readonly<Record<string, string>>;
  /** The token in the clear; absent where the gateway is open to all. */
  readonly secret?: string;
}

export interface Gateways {
  /**
   * Undefined where the provider is asked directly. Throws `no_provider_key` where its gateway is not
   * set up, or its address is not at the gateway; `vault_locked`.
   */
  passFor(provider: Provider): Promise<GatewayPass | undefined>;
}

export function createGateways({
  registry,
  keys,
  tokens,
}: {
  registry: Pick<Registry, 'find'>;
  keys: Pick<Keys, 'listOf'>;
  tokens: Pick<Tokens, 'open'>;
}): Gateways {
  return {
    async passFor(provider) {
      if (provider.gateway === undefined) return undefined;
      const { through, attempts = 1 } = provider.gateway;
      const gateway = await registry.find(through);
      const root = gateway && gatewayRoot(gateway);
      if (gateway?.asGateway === undefined || root === undefined)
        throw notThere(`${provider.name} goes through a gateway that is not set up.`);
      if (!provider.baseUrl.startsWith(root))
        throw notThere(
          `${provider.name} goes through ${gateway.name}, but its address is not there.`,
        );
      const headers = new Headers({ [gateway.asGateway.attemptsHeader]: String(attempts) });
      const destination = destinationOf(gateway);
      const key = (await keys.listOf(gateway.id)).find(
        (record) => record.enabled && isSameDestination(record.destination, destination),
      );
      const secret = key && (await tokens.open(key, destination)).secret;
      if (secret !== undefined) authoriseGateway(headers, gateway, secret);
      return { headers: Object.fromEntries(headers), ...(secret !== undefined && { secret }) };
    },
  };
}

/** Below which a gateway's requests go: `https://gateway.example/v1/account/name/`. */
export function gatewayRoot({ asGateway, baseUrl }: Provider): string | undefined {
  if (asGateway === undefined || /[{}]/.test(baseUrl) || !baseUrl.endsWith(asGateway.end))
    return undefined;
  return `${baseUrl.slice(0, -asGateway.end.length)}/`;
}

/** The token goes into a header that no provider's own key is in. */
function authoriseGateway(headers: Headers, { auth }: Provider, secret: string): void {
  if (auth.scheme !== 'header')
    throw notThere('A gateway’s token goes into a header of its own: its settings say otherwise.');
  const request = { method: 'POST', url: '', headers, body: null };
  void authorise(request, auth, secret, {
    fetch: () => Promise.reject(new Error('A header needs no network.')),
    now: () => 0,
  });
}

function notThere(message: string): RouterError {
  return new RouterError('no_provider_key', `${message} See its settings under Keys.`);
}
