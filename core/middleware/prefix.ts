import type { ProviderEntry } from '../providers/merge.ts';
import type { Provider } from '../providers/provider.ts';

/** What splitting a model's name has to know of the providers. */
export interface Prefixes {
  readonly byName: ReadonlyMap<string, ProviderEntry>;
  /** True where the provider's own list has this very id. */
  readonly lists: (provider: Provider, id: string) => boolean;
}

/**
 * R1: `groq/llama-3.3` names the provider groq. A prefix counts only where it is a known provider's
 * id or alias; the longest one wins; all else is a plain id (`accounts/fireworks/…`, `meta-llama/x`).
 */
export function splitModel(
  model: string,
  { byName, lists }: Prefixes,
): { provider: Provider; model: string } | undefined {
  for (let slash = model.lastIndexOf('/'); slash > 0; slash = model.lastIndexOf('/', slash - 1)) {
    const entry = byName.get(model.slice(0, slash).toLowerCase());
    if (!entry) continue;
    const { provider } = entry;
    const rest = model.slice(slash + 1);
    return { provider, model: isWhole(provider, model, rest, lists) ? model : rest };
  }
  return undefined;
}

/** `groq/compound` and `nvidia/nemotron-3` are ids in whole, though they begin like a prefix. */
function isWhole(
  provider: Provider,
  model: string,
  rest: string,
  lists: Prefixes['lists'],
): boolean {
  if (lists(provider, rest)) return false;
  if (lists(provider, model)) return true;
  const { wholeIds, idsHaveOwner } = provider.quirks ?? {};
  if (wholeIds?.includes(model)) return true;
  return (
    idsHaveOwner === true && rest !== '' && !rest.includes('/') && !/^(auto|default)$/i.test(rest)
  );
}
