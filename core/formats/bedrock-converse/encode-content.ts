import type { ContentPart, MediaSource, ToolResult } from '../chat.ts';
import { refuse } from '../invalid.ts';
import { fromArguments, type JsonObject } from '../json.ts';
import { unmarkFor } from '../signature.ts';

/** Ids of calls may come from other providers; Bedrock takes these characters alone. */
export function toToolUseId(id: string): string {
  return id.replace(/[^\w.:-]/g, '_').slice(0, 64) || 'call';
}

const CACHE_POINT: Readonly<JsonObject> = { cachePoint: { type: 'default' } };

/** One part as Bedrock's blocks: none for what it refuses empty, two where the prompt may be cached. */
export function encodePart(part: ContentPart, caches: boolean): JsonObject[] {
  const blocks = encodeBlocks(part);
  if (part.cache === undefined || !caches || blocks.length === 0) return blocks;
  const { ttl } = part.cache;
  return [...blocks, ttl === '1h' ? { cachePoint: { type: 'default', ttl } } : CACHE_POINT];
}

function encodeBlocks(part: ContentPart): JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ text: part.text }];
    case 'image':
      return [encodeImage(part.source)];
    case 'file':
      return [encodeDocument(part.source, part.filename)];
    case 'tool-call': {
      const { id, name } = part;
      return [
        { toolUse: { toolUseId: toToolUseId(id), name, input: fromArguments(part.arguments) } },
      ];
    }
    case 'tool-result':
      return [encodeResult(part)];
    case 'reasoning': {
      // Thoughts without their proof would be refused: they stay behind.
      const signature = unmarkFor('bedrock-converse', part.signature);
      const redactedContent = unmarkFor('bedrock-converse', part.redacted);
      if (signature !== undefined)
        return [{ reasoningContent: { reasoningText: { text: part.text, signature } } }];
      return redactedContent === undefined ? [] : [{ reasoningContent: { redactedContent } }];
    }
    default:
      throw refuse('messages', `holds ${part.type}, which the Bedrock format has no place for.`);
  }
}

function encodeResult({ callId, content, isError }: ToolResult): JsonObject {
  return {
    toolResult: {
      toolUseId: toToolUseId(callId),
      content: content.flatMap((part) => (part.type === 'reasoning' ? [] : encodeBlocks(part))),
      ...(isError === true && { status: 'error' }),
    },
  };
}

const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

function encodeImage(source: MediaSource): JsonObject {
  if (source.kind === 'url' && source.url.startsWith('s3://')) {
    const name = /\.(\w+)$/.exec(source.url)?.[1]?.toLowerCase().replace('jpg', 'jpeg') ?? 'png';
    return { image: { format: name, source: { s3Location: { uri: source.url } } } };
  }
  const { mediaType, data } = bytesOf(source, 'an image');
  const format = IMAGES[mediaType];
  if (format === undefined)
    throw refuse('messages', `holds an image of the type ${mediaType}, which Bedrock can't read.`);
  return { image: { format, source: { bytes: data } } };
}

const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
};

function encodeDocument(source: MediaSource, filename: string | undefined): JsonObject {
  const name = toDocumentName(filename);
  if (source.kind === 'url' && source.url.startsWith('s3://')) {
    const format = /\.(\w+)$/.exec(source.url)?.[1]?.toLowerCase() ?? 'pdf';
    return { document: { format, name, source: { s3Location: { uri: source.url } } } };
  }
  const { mediaType, data } = bytesOf(source, 'a file');
  const format =
    DOCUMENTS[mediaType.split(';')[0]!] ?? (/^text\//.test(mediaType) ? 'txt' : undefined);
  if (format === undefined)
    throw refuse('messages', `holds a file of the type ${mediaType}, which Bedrock can't read.`);
  return { document: { format, name, source: { bytes: data } } };
}

function bytesOf(source: MediaSource, what: string): { mediaType: string; data: string } {
  if (source.kind === 'base64') return source;
  throw refuse(
    'messages',
    `holds ${what} by its address or id; Bedrock takes it only in the request itself.`,
  );
}

/** Letters, digits, single spaces, hyphens and brackets are all that a name may hold. */
function toDocumentName(filename = 'document'): string {
  const name = filename
    .replace(/\.\w{1,5}$/, '')
    .replace(/[^\p{L}\p{N}\s\-()[\]]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return name.slice(0, 200) || 'document';
}
