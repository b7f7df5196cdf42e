import type { ProviderView, RequestRecord } from '../../../core/index.ts';

/** The same question by hand, straight to the provider. Undefined where one line can't ask it. */
export function toCurl(
  { asked, endpoint, stream, attempts }: RequestRecord,
  providers: readonly ProviderView[],
): string | undefined {
  const last = attempts.findLast(({ outcome }) => outcome !== 'skipped');
  const provider = providers.find(({ id }) => id === last?.provider);
  if (!last || !provider || provider.builtIn || !isChat(endpoint)) return undefined;
  const question = questionOf(provider, last.model, stream ?? false);
  if (question === undefined) return undefined;
  const { path, body, headers = {} } = question;
  const lines = [
    `curl ${quote(provider.baseUrl + path)}`,
    ...Object.entries({ 'content-type': 'application/json', ...headers }).map(
      ([name, value]) => `-H ${quote(`${name}: ${value}`)}`,
    ),
    ...authOf(provider),
    `-d ${quote(JSON.stringify(body))}`,
  ];
  const note = asked === last.model ? [] : [`# asked for as ${oneLine(asked || 'auto')}`];
  return [...note, lines.join(' \\\n  ')].join('\n');
}

/** What a person puts their own key in place of. In double quotes: a shell fills it in. */
function authOf({ auth }: ProviderView): string[] {
  if (auth.scheme === 'bearer') return ['-H "authorization: Bearer $API_KEY"'];
  if (auth.scheme === 'header') return [`-H "${auth.name.replace(/[^\w-]/g, '')}: $API_KEY"`];
  return [];
}

interface Question {
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const SAID = 'Your own words here: Gatehouse keeps none.';

function questionOf(
  { format, auth }: ProviderView,
  model: string,
  stream: boolean,
): Question | undefined {
  // Those sign each request.
  if (auth.scheme === 'aws-sigv4' || auth.scheme === 'google-service-account') return undefined;
  const messages = [{ role: 'user', content: SAID }];
  const streamed = stream && { stream };
  switch (format) {
    case 'openai-chat':
      return { path: '/chat/completions', body: { model, ...streamed, messages } };
    case 'openai-responses':
      return { path: '/responses', body: { model, ...streamed, input: SAID } };
    case 'anthropic-messages':
      return {
        path: '/messages',
        body: { model, max_tokens: 1024, ...streamed, messages },
        headers: { 'anthropic-version': '2023-06-01' },
      };
    case 'google-generate-content':
      return {
        path: `/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        body: { contents: [{ role: 'user', parts: [{ text: SAID }] }] },
      };
    default:
      return undefined;
  }
}

function isChat(endpoint: string): boolean {
  return /\/(?:completions(?:\/stream)?|responses|messages)$|generateContent$/i.test(endpoint);
}

/** One word for a POSIX shell, whatever is in it: a page may have chosen the model's name. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- a line's end would end the comment
  return text.replace(/[\x00-\x1f\x7f\u2028\u2029]+/g, ' ');
}
