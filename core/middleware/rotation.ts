/** How far a key is ahead of its share. One object a key, in the worker's whole life. */
export interface Share {
  ahead: number;
}

interface Weighted {
  readonly weight: number;
  readonly share: Share;
}

/**
 * Smooth weighted round-robin (nginx, ngx_http_upstream_round_robin.c): over time each gets its
 * weight's share, evenly mixed, whichever stand back meanwhile. Edits the shares; some nanoseconds a key.
 */
export function takeTurn<Key extends Weighted>(keys: readonly Key[]): Key | undefined {
  let best: Key | undefined;
  let total = 0;
  for (const key of keys) {
    const { weight, share } = key;
    total += weight;
    share.ahead += weight;
    if (best === undefined || share.ahead > best.share.ahead) best = key;
  }
  if (best !== undefined) best.share.ahead -= total;
  return best;
}

/** By key id. What comes from the disk may be anything. */
export function readShares(stored: unknown): Map<string, Share> {
  if (typeof stored !== 'object' || stored === null) return new Map();
  return new Map(
    Object.entries(stored).flatMap(([id, ahead]) =>
      typeof ahead === 'number' && Number.isFinite(ahead) ? [[id, { ahead }]] : [],
    ),
  );
}
