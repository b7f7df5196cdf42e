/**
 * The router's paths, which the PWA answers on its own origin too. By their beginning, so that an
 * unknown one gets the router's own 404 with its words, and not a static host's page.
 */
const PREFIXES = [
  '/v1',
  '/v1beta',
  '/api',
  '/health',
  '/ping',
  '/token-stats',
  '/mcp',
  '/telemetry',
];

export function isOwnPath(path: string): boolean {
  return PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
