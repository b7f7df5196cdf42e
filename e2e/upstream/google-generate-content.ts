import { COUNTED_TOKENS } from './anthropic-messages.ts';
import type { Answer } from './answer.ts';
import type { Asked, Wire } from './wire.ts';

type Part = Record<string, unknown>;
interface Content {
  parts?: Part[];
}

const FINISHES = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  content_filter: 'SAFETY',
};
const STATUSES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};
const PATH = /\/models\/([^/]+):(streamGenerateContent|generateContent)$/;

function usageOf(answer: Answer) {
  const input = answer.usage?.input ?? 11;
  const output = answer.usage?.output ?? answer.text?.length ?? 0;
  return {
    promptTokenCount: input,
    candidatesTokenCount: output,
    totalTokenCount: input + output,
  };
}

/** A call comes whole here; the first of them carries the proof of the thought before it. */
function partsOf(answer: Answer): Part[] {
  return [
    ...(answer.reasoning ?? []).map((text) => ({ text, thought: true })),
    ...(answer.text ?? []).map((text) => ({ text })),
    ...(answer.tools ?? []).map((tool, index) => ({
      functionCall: {
        id: tool.id,
        name: tool.name,
        args: JSON.parse(tool.arguments.join('')) as unknown,
      },
      ...(index === 0 && { thoughtSignature: 'proof-of-thought' }),
    })),
  ];
}

function toBody(asked: Asked, parts: Part[], rest: Part = {}, more: Part = {}): Part {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...rest }],
    ...more,
    modelVersion: asked.model,
    responseId: 'upstream-1',
  };
}

/** Neighbours of one kind are one part in a whole answer. */
function joined(parts: Part[]): Part[] {
  const whole: Part[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (typeof part.text === 'string' && last && 'text' in last && last.thought === part.thought) {
      last.text = `${String(last.text)}${part.text}`;
    } else whole.push({ ...part });
  }
  return whole;
}

export const googleGenerateContent: Wire = {
  name: 'google-generate-content',
  matches: (method, path) => method === 'POST' && PATH.test(path),
  read(path, body) {
    const [, model = '', verb] = PATH.exec(path) ?? [];
    const contents = Array.isArray(body.contents) ? (body.contents as Content[]) : [];
    const last = contents.at(-1)?.parts ?? [];
    return {
      model: decodeURIComponent(model),
      stream: verb === 'streamGenerateContent',
      usage: true,
      prompt: last.map((part) => part.text ?? '').join(''),
      hasToolResult: contents.some(({ parts = [] }) =>
        parts.some((part) => 'functionResponse' in part),
      ),
      body,
    };
  },
  body: (answer, asked) =>
    toBody(
      asked,
      joined(partsOf(answer)),
      { finishReason: FINISHES[answer.finish ?? 'stop'] },
      { usageMetadata: usageOf(answer) },
    ),
  events(answer, asked) {
    const finishReason = FINISHES[answer.finish ?? 'stop'];
    return [
      ...partsOf(answer).map((part) => toBody(asked, [part])),
      toBody(asked, [{ text: '' }], { finishReason }, { usageMetadata: usageOf(answer) }),
    ].map((body) => `data: ${JSON.stringify(body)}`);
  },
  error: (code, message) => ({
    error: { code, message, status: STATUSES[code] ?? 'INTERNAL' },
  }),
  errorEvent: (message) =>
    `data: ${JSON.stringify({ error: { code: 503, message, status: 'UNAVAILABLE' } })}`,
  aside: (path) => (path.endsWith(':countTokens') ? { totalTokens: COUNTED_TOKENS } : undefined),
};
