import { z } from '../../zod.ts';
import type { ChatRequest } from '../chat.ts';
import { parseBody } from '../invalid.ts';
import type { JsonObject } from '../json.ts';

const count = z.int().check(z.positive());

const requestSchema = z.looseObject({
  model: z.nullish(z.string()),
  prompt: z.union(
    [z.string(), z.array(z.string()), z.array(z.number()), z.array(z.array(z.number()))],
    { error: 'expected text, a list of texts, or tokens' },
  ),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  max_tokens: z.nullish(z.int().check(z.gte(0))),
  temperature: z.nullish(z.number()),
  top_p: z.nullish(z.number()),
  n: z.nullish(count),
  best_of: z.nullish(count),
  stop: z.nullish(z.union([z.string(), z.array(z.string())])),
  seed: z.nullish(z.int()),
  frequency_penalty: z.nullish(z.number()),
  presence_penalty: z.nullish(z.number()),
  logprobs: z.nullish(z.union([z.number(), z.boolean()])),
  echo: z.nullish(z.boolean()),
  suffix: z.nullish(z.string()),
  user: z.nullish(z.string()),
});

const MAPPED = new Set([
  ...['model', 'prompt', 'stream', 'stream_options', 'max_tokens', 'temperature', 'top_p', 'n'],
  ...[
    'stop',
    'seed',
    'frequency_penalty',
    'presence_penalty',
    'logprobs',
    'user',
    'echo',
    'suffix',
  ],
]);

/** A legacy completion -> a chat of one user message. Throws `invalid_request` with the path at fault. */
export function decodeRequest(body: unknown): ChatRequest {
  const wire = parseBody(requestSchema, body);
  const nativeOnly: string[] = [];
  const request: ChatRequest = {
    model: wire.model ?? '',
    messages: [
      { role: 'user', content: [{ type: 'text', text: textOf(wire.prompt, nativeOnly) }] },
    ],
    stream: wire.stream ?? false,
    includeUsage: wire.stream_options?.include_usage ?? false,
    raw: { format: 'openai-completions', body: body as JsonObject },
  };
  const set = <K extends keyof ChatRequest>(key: K, value: ChatRequest[K] | null) => {
    if (value !== undefined && value !== null) request[key] = value;
  };
  set('maxOutputTokens', wire.max_tokens === 0 ? undefined : (wire.max_tokens ?? undefined));
  set('temperature', wire.temperature ?? undefined);
  set('topP', wire.top_p ?? undefined);
  set('stop', typeof wire.stop === 'string' ? [wire.stop] : (wire.stop ?? undefined));
  set('seed', wire.seed ?? undefined);
  set('frequencyPenalty', wire.frequency_penalty ?? undefined);
  set('presencePenalty', wire.presence_penalty ?? undefined);
  set('user', wire.user ?? undefined);
  if (typeof wire.n === 'number' && wire.n !== 1) request.choices = wire.n;
  if (typeof wire.logprobs === 'number') request.logprobs = { top: wire.logprobs };
  // What a chat has no word for, and whose answer would not be the one that was asked for.
  if (wire.echo === true) nativeOnly.push('echo');
  if (wire.suffix) nativeOnly.push('suffix');
  if (nativeOnly.length > 0) request.nativeOnly = nativeOnly;
  const unmapped = Object.keys(wire).filter((field) => !MAPPED.has(field));
  if (unmapped.length > 0) request.unmapped = unmapped;
  return request;
}

type Prompt = z.infer<typeof requestSchema>['prompt'];

/** Several prompts are several answers, and tokens are numbers of one vendor's table. */
function textOf(prompt: Prompt, nativeOnly: string[]): string {
  if (typeof prompt === 'string') return prompt;
  const [first = '', ...more] = prompt;
  if (typeof first !== 'string') nativeOnly.push('prompt[0]');
  else if (more.length > 0) nativeOnly.push('prompt[1]');
  return typeof first === 'string' ? first : '';
}
