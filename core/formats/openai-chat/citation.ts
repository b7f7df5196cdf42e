import type { Citation } from '../chat.ts';
import { asObject } from '../json.ts';

/** `{type: "url_citation", url_citation: {url, title, start_index, end_index}}` -> canonical. */
export function decodeCitation(annotation: unknown): Citation {
  const wire = asObject(asObject(annotation)?.url_citation);
  return {
    ...(typeof wire?.url === 'string' && { url: wire.url }),
    ...(typeof wire?.title === 'string' && { title: wire.title }),
    ...(typeof wire?.content === 'string' && { quote: wire.content }),
    ...(typeof wire?.start_index === 'number' && { start: wire.start_index }),
    ...(typeof wire?.end_index === 'number' && { end: wire.end_index }),
    raw: { format: 'openai-chat', value: annotation },
  };
}

/** Undefined for a source that has no address: this dialect knows no other. */
export function encodeCitation(citation: Citation): unknown {
  if (citation.raw?.format === 'openai-chat') return citation.raw.value;
  if (citation.url === undefined) return undefined;
  const { url, title = url, start = 0, end = 0 } = citation;
  return { type: 'url_citation', url_citation: { url, title, start_index: start, end_index: end } };
}
