import type { Citation } from '../chat.ts';
import { asCount, asObject, asText } from '../json.ts';

/** `{type: "url_citation", url, title, start_index, end_index}` -> canonical. */
export function decodeAnnotation(value: unknown): Citation {
  const wire = asObject(value);
  const url = asText(wire?.url);
  const title = asText(wire?.title) ?? asText(wire?.filename);
  const start = asCount(wire?.start_index);
  const end = asCount(wire?.end_index);
  return {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    raw: { format: 'openai-responses', value },
  };
}

export function encodeAnnotation(citation: Citation): unknown {
  if (citation.raw?.format === 'openai-responses') return citation.raw.value;
  if (citation.url === undefined) return undefined;
  const { url, title = url, start = 0, end = 0 } = citation;
  return { type: 'url_citation', url, title, start_index: start, end_index: end };
}
