/** How far each key of a provider is ahead of its share. Plain data: it is stored. */
export type Shares = Record<string, number>;

interface Weighted {
  readonly id: string;
  readonly weight: number;
}

/**
 * Smooth weighted round-robin (nginx, ngx_http_upstream_round_robin.c): over time each gets its
 * weight's share, evenly mixed, whichever stand back meanwhile. Edits `shares`.
 */
export function takeTurn<Key extends Weighted>(
  keys: readonly Key[],
  shares: Shares,
): Key | undefined {
  let best: Key | undefined;
  let total = 0;
  for (const key of keys) {
    total += key.weight;
    const share = (Object.hasOwn(shares, key.id) ? shares[key.id]! : 0) + key.weight;
    shares[key.id] = share;
    if (best === undefined || share > shares[best.id]!) best = key;
  }
  if (best !== undefined) shares[best.id]! -= total;
  return best;
}

/** What comes from the disk may be anything. */
export function readShares(stored: unknown): Shares {
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(
    Object.entries(stored).filter(([, share]) => Number.isFinite(share)),
  ) as Shares;
}
