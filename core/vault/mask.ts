/**
 * What a screen may show of a secret: `gsk_…9fQ2`. Of a short one less, of a very short one
 * nothing, so that at least three fifths stay hidden and the length is never told.
 */
export function maskSecret(secret: string): string {
  // Of a service account's file its name, which is no secret.
  const account = /"client_email"\s*:\s*"([^"@]{1,40})@/.exec(secret)?.[1];
  if (account !== undefined) return `${account}@…`;
  const shown = secret.length >= 20 ? 4 : secret.length >= 12 ? 2 : 0;
  return `${secret.slice(0, shown)}…${secret.slice(secret.length - shown)}`;
}
