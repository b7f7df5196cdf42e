import type { Citation } from '../chat.ts';
import { asCount, asObject, asText, type JsonObject } from '../json.ts';

/** `groundingMetadata` -> a citation for each source of each supported piece of text. */
export function decodeGrounding(value: unknown): Citation[] {
  const grounding = asObject(value);
  const chunks = Array.isArray(grounding?.groundingChunks)
    ? grounding.groundingChunks.map(asObject)
    : [];
  const supports = Array.isArray(grounding?.groundingSupports)
    ? grounding.groundingSupports.map(asObject)
    : [];
  const sources = chunks.map(toSource);
  if (supports.length === 0) return sources.filter(({ url }) => url !== undefined);
  return supports.flatMap((support) => {
    const segment = asObject(support?.segment);
    const places = Array.isArray(support?.groundingChunkIndices)
      ? support.groundingChunkIndices
      : [];
    const end = asCount(segment?.endIndex);
    const span = { start: asCount(segment?.startIndex) ?? 0, ...(end !== undefined && { end }) };
    return places.flatMap((place) => {
      const source = sources[place as number];
      return source?.url === undefined ? [] : [{ ...source, ...span }];
    });
  });
}

function toSource(chunk: JsonObject | undefined): Citation {
  const source = asObject(chunk?.web) ?? asObject(chunk?.retrievedContext) ?? asObject(chunk?.maps);
  const url = asText(source?.uri);
  const title = asText(source?.title);
  return { ...(url !== undefined && { url }), ...(title !== undefined && { title }) };
}

/** Citations -> `groundingMetadata`, or undefined where none has an address. */
export function encodeGrounding(citations: readonly Citation[]): JsonObject | undefined {
  const cited = citations.filter(({ url }) => url !== undefined);
  if (cited.length === 0) return undefined;
  return {
    groundingChunks: cited.map(({ url, title }) => ({ web: { uri: url, title: title ?? url } })),
    groundingSupports: cited.flatMap(({ start, end, quote }, place) =>
      end === undefined
        ? []
        : [
            {
              segment: {
                startIndex: start ?? 0,
                endIndex: end,
                ...(quote !== undefined && { text: quote }),
              },
              groundingChunkIndices: [place],
            },
          ],
    ),
  };
}
