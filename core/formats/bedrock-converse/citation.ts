import type { Citation } from '../chat.ts';
import { asObject, asText } from '../json.ts';

/** A citation of a document, a search result or a page on the web -> canonical. */
export function decodeCitation(value: unknown): Citation {
  const wire = asObject(value);
  const web = asObject(asObject(wire?.location)?.web);
  const source = asText(wire?.source);
  const url = asText(web?.url) ?? (/^https?:\/\//.test(source ?? '') ? source : undefined);
  const title = asText(wire?.title) ?? asText(web?.domain);
  const pieces: unknown[] = Array.isArray(wire?.sourceContent) ? wire.sourceContent : [];
  const quote = asText(pieces.map((piece) => asText(asObject(piece)?.text) ?? '').join(''));
  return {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(quote !== undefined && { quote }),
    raw: { format: 'bedrock-converse', value },
  };
}
