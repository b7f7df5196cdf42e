import type { Citation } from '../chat.ts';
import { asCount, asObject, asText } from '../json.ts';

/** The first of a citation's sources: a document of the request, or the output of a tool. */
export function decodeCitation(value: unknown): Citation {
  const wire = asObject(value);
  const source = asObject(Array.isArray(wire?.sources) ? wire.sources[0] : undefined);
  const told = asObject(source?.document) ?? asObject(source?.tool_output);
  const url = asText(told?.url);
  const title = asText(told?.title) ?? asText(source?.id);
  const quote = asText(told?.text) ?? asText(told?.snippet);
  const start = asCount(wire?.start);
  const end = asCount(wire?.end);
  return {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(quote !== undefined && { quote }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  };
}
