import type { KeyView } from '../control.ts';
import type { KeyRecord } from '../storage/records.ts';

/** What a screen may know of a key: no part of the secret but its preview. */
export function toKeyView({
  id,
  provider,
  label,
  preview,
  enabled,
  weight,
  models,
  createdAt,
  check,
  token,
}: KeyRecord): KeyView {
  return {
    id,
    provider,
    label,
    preview,
    enabled,
    weight,
    ...(models?.length && { models }),
    createdAt,
    ...(check && { check }),
    ...(token && { token }),
  };
}
