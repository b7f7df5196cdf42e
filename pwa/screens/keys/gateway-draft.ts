import type { Control, ProviderInput, ProviderView } from '../../../core/index.ts';

/** What the person typed of a gateway, before it is saved. */
export interface GatewayDraft {
  on: boolean;
  path: string;
  attempts: number;
  /** Parts of the gateway's own address. */
  address: Record<string, string>;
  token: string;
}

export function toGatewayDraft(
  provider: ProviderView | undefined,
  gateway: ProviderView | undefined,
): GatewayDraft {
  const { path, attempts = 1 } = provider?.gateway ?? {};
  return {
    on: provider?.gateway !== undefined,
    path: path ?? gateway?.asGateway?.paths[provider?.id ?? ''] ?? '',
    attempts,
    address: Object.fromEntries(
      (gateway?.baseUrlFields ?? []).map(({ name, value }) => [name, value]),
    ),
    token: '',
  };
}

/** True where the provider's requests would go elsewhere than before. */
export function isMoved(provider: ProviderView, draft: GatewayDraft): boolean {
  const before = provider.gateway;
  return draft.on ? before?.path !== draft.path.trim() : before !== undefined;
}

/** Sets the gateway itself up, and says what is to be saved of the provider. */
export async function saveGateway(
  control: Pick<Control, 'saveProvider' | 'addKeys'>,
  gateway: ProviderView,
  draft: GatewayDraft,
): Promise<NonNullable<ProviderInput['gateway']>> {
  if (gateway.incomplete)
    await control.saveProvider({ id: gateway.id, baseUrlFields: { ...draft.address } });
  const token = draft.token.trim();
  if (token) await control.addKeys([{ provider: gateway.id, secret: token }]);
  return { through: gateway.id, path: draft.path.trim(), attempts: draft.attempts };
}
