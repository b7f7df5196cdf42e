import type { OnDevicePrompt, OnDeviceTurn } from '../../ports.ts';

interface Body {
  messages?: { role: string; content?: unknown }[];
  stream?: boolean;
  temperature?: number;
  top_k?: number;
  response_format?: { type?: string; json_schema?: { schema?: object } };
}

/** OpenAI's body -> a prompt; or why it can't be asked, in plain words. */
export function toOnDevicePrompt(
  value: unknown,
): { prompt: OnDevicePrompt; stream: boolean } | string {
  const body = value as Body;
  const turns: OnDeviceTurn[] = [];
  for (const { role, content } of body.messages ?? []) {
    const words = wordsOf(content);
    if (words === undefined) return 'The browser’s own model reads text only.';
    if (role === 'system' || role === 'developer') turns.push({ role: 'system', content: words });
    else turns.push({ role: role === 'assistant' ? 'assistant' : 'user', content: words });
  }
  const last = turns.findLastIndex(({ role }) => role === 'user');
  if (last === -1) return 'There is nothing to answer: the last turn must be the user’s.';
  // Only one system turn, and only at the beginning.
  const system = turns.filter(({ role }) => role === 'system');
  const before = turns.slice(0, last).filter(({ role }) => role !== 'system');
  const { temperature, top_k: topK, response_format: format } = body;
  const constraint =
    format?.type === 'json_schema'
      ? format.json_schema?.schema
      : format?.type === 'json_object'
        ? { type: 'object' }
        : undefined;
  const prompt: OnDevicePrompt = {
    options: {
      initialPrompts: [
        ...(system.length > 0
          ? [
              {
                role: 'system' as const,
                content: system.map(({ content }) => content).join('\n\n'),
              },
            ]
          : []),
        ...before,
      ],
      // The browser takes both or none.
      ...(temperature !== undefined && topK !== undefined && { temperature, topK }),
    },
    input: turns[last]!.content,
    ...(constraint !== undefined && { constraint }),
  };
  return { prompt, stream: body.stream === true };
}

function wordsOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (!Array.isArray(content)) return undefined;
  const pieces = content.map((part: { type?: string; text?: string }) =>
    part.type === 'text' ? part.text : undefined,
  );
  return pieces.every((piece) => piece !== undefined) ? pieces.join('\n') : undefined;
}
