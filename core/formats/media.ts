import type { MediaSource } from './chat.ts';

/** `data:image/png;base64,…` or a plain URL -> a source. Slices, so a large picture is not copied. */
export function fromUrl(url: string): MediaSource {
  if (!url.startsWith('data:')) return { kind: 'url', url };
  const comma = url.indexOf(',');
  const head = url.slice(5, comma);
  const mediaType = head.split(';')[0] || 'application/octet-stream';
  if (head.endsWith(';base64')) return { kind: 'base64', mediaType, data: url.slice(comma + 1) };
  return { kind: 'base64', mediaType, data: toBase64(decodeURIComponent(url.slice(comma + 1))) };
}

/** A source -> a URL, where it has one. */
export function toUrl(source: MediaSource): string | undefined {
  if (source.kind === 'url') return source.url;
  if (source.kind === 'base64') return `data:${source.mediaType};base64,${source.data}`;
  return undefined;
}

/** Text -> base64 of its UTF-8. */
export function toBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Base64 of UTF-8 -> text. */
export function fromBase64(data: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)));
}
