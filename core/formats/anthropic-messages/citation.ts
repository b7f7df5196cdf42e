import type { Citation } from '../chat.ts';
import { asObject, asText } from '../json.ts';

/** `web_search_result_location`, `char_location` and their like -> canonical. */
export function decodeCitation(value: unknown): Citation {
  const wire = asObject(value);
  const url = asText(wire?.url) ?? asText(wire?.source);
  const title = asText(wire?.title) ?? asText(wire?.document_title);
  const quote = asText(wire?.cited_text);
  return {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(quote !== undefined && { quote }),
    raw: { format: 'anthropic-messages', value },
  };
}

/** Undefined for a source that has no address: a document of the request can't be told from here. */
export function encodeCitation(citation: Citation): unknown {
  if (citation.raw?.format === 'anthropic-messages') return citation.raw.value;
  if (citation.url === undefined) return undefined;
  const { url, title = null, quote = '' } = citation;
  return { type: 'web_search_result_location', url, title, cited_text: quote, encrypted_index: '' };
}
