/**
 * What a screen may show of a secret: `gsk_…9fQ2`. Of a short one less, of a very short one
 * nothing, so that at least three fifths stay hidden and the length is never told.
 */
export function maskSecret(secret: string): string {
  const shown = secret.length >= 20 ? 4 : secret.length >= 12 ? 2 : 0;
  return `${secret.slice(0, shown)}…${secret.slice(secret.length - shown)}`;
}
