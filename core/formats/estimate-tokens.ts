import type { ChatRequest, ContentPart } from './chat.ts';

/** Of Latin text or JSON, where nobody counts. */
export const LETTERS_A_TOKEN = 4;

/**
 * About how many tokens a request's input is, where nobody counts them. Four letters of Latin text or
 * JSON are about a token; any other script is taken for a token a letter, which is rather too much
 * than too little. Media cost what OpenAI, Anthropic and Google ask for one of middle size.
 */
export function estimateTokens({ messages, tools, responseFormat }: ChatRequest): number {
  let tokens = PER_REQUEST;
  for (const { content } of messages) {
    tokens += PER_MESSAGE;
    for (const part of content) tokens += ofPart(part);
  }
  for (const tool of tools ?? []) tokens += PER_MESSAGE + ofText(JSON.stringify(tool));
  if (responseFormat?.type === 'json-schema') tokens += ofText(JSON.stringify(responseFormat));
  return Math.ceil(tokens);
}

const PER_REQUEST = 3;
/** The marks of a role around its words. */
const PER_MESSAGE = 4;
const PER_IMAGE = 1000;
/** A page of PDF has some 100 kB, and counts as its text and its picture. */
const PER_FILE_BYTE = 2500 / 100_000;
/** Compressed speech: 32 tokens a second, some 16 kB a second. */
const PER_AUDIO_BYTE = 32 / 16_000;

function ofPart(part: ContentPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return ofText(part.text);
    case 'tool-call':
      return PER_MESSAGE + ofText(part.name) + ofText(part.arguments);
    case 'tool-result':
      return PER_MESSAGE + part.content.reduce((sum, inner) => sum + ofPart(inner), 0);
    case 'image':
      return PER_IMAGE;
    case 'file':
      return PER_IMAGE + bytesOf(part) * PER_FILE_BYTE;
    case 'audio':
      return bytesOf(part) * PER_AUDIO_BYTE;
  }
}

function bytesOf({ source }: Extract<ContentPart, { type: 'file' | 'audio' }>): number {
  return source.kind === 'base64' ? source.data.length * 0.75 : 0;
}

function ofText(text: string): number {
  let other = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) other++;
  return (text.length - other) / LETTERS_A_TOKEN + other;
}
