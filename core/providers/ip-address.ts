/**
 * Which IP addresses a provider may have. Pure; works on what a URL parser made of a host.
 * Source: the IANA special-purpose address registries for IPv4 and IPv6.
 */
export type AddressKind = 'loopback' | 'public' | 'refused';

/** First address and prefix length of every IPv4 block that is not an ordinary public one. */
const IPV4_REFUSED: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** The same within IPv6's global unicast block, 2000::/3; all outside of it is refused too. */
const IPV6_REFUSED: readonly (readonly [string, number])[] = [
  ['2001::', 23], // Teredo, ORCHID, benchmarking
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: carries an IPv4 address
  ['3fff::', 20], // documentation
];

/** `undefined` where the text is no dotted IPv4 address. */
export function kindOfIpv4(text: string): AddressKind | undefined {
  const bits = ipv4Bits(text);
  if (bits === undefined) return undefined;
  if (bits.startsWith('01111111')) return 'loopback';
  const refused = IPV4_REFUSED.some(([first, length]) =>
    bits.startsWith((ipv4Bits(first) ?? '').slice(0, length)),
  );
  return refused ? 'refused' : 'public';
}

/** Takes the address without its brackets, compressed as the URL parser writes it. */
export function kindOfIpv6(text: string): AddressKind {
  const bits = ipv6Bits(text);
  if (bits === `${'0'.repeat(127)}1`) return 'loopback';
  // Mapped and translated IPv4, link-local, unique local, multicast: all outside of 2000::/3.
  if (!bits.startsWith('001')) return 'refused';
  const refused = IPV6_REFUSED.some(([first, length]) =>
    bits.startsWith(ipv6Bits(first).slice(0, length)),
  );
  return refused ? 'refused' : 'public';
}

function ipv4Bits(text: string): string | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split('.').map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.map((part) => part.toString(2).padStart(8, '0')).join('');
}

function ipv6Bits(text: string): string {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...new Array<string>(Math.max(0, zeros)).fill('0'), ...after]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
